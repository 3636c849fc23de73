package backoffice

import (
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Ports are what the office needs from the world.
type Ports struct {
	Store    ports.Store
	Clock    ports.Clock
	IDs      ports.IDs
	Observer ports.Observer
}

// Options are the office's settings. Each zero value means the default that its comment names.
type Options struct {
	// AllowedEmails and AllowedDomains are who may sign in besides the users that the office knows, in lower case. With both
	// empty, and no user, nobody may.
	AllowedEmails, AllowedDomains []string
	// Session is how long a sign-in lasts. Default, and most, 8 hours.
	Session time.Duration
	// Webhooks delivers to the receivers of webhooks. Default: nothing is delivered, and deliveries wait.
	Webhooks WebhookSender
	// Group makes the attempts for different webhooks side by side, at most MaxWebhooks. Default: one after the other.
	Group ports.Group
}

// Office is the records that staff keep. It is safe for concurrent use, and any number may share a store.
type Office struct {
	Ports
	options   Options
	strangers strangers
}

// New returns an office. It is fault.Invalid when a port is missing.
func New(p Ports, options *Options) (*Office, error) {
	if p.Store == nil || p.Clock == nil || p.IDs == nil || p.Observer == nil {
		return nil, fault.New(fault.Invalid, "backoffice: every port is needed")
	}
	o := &Office{Ports: p}
	if options != nil {
		o.options = *options
	}
	if o.options.Session <= 0 || o.options.Session > longestSession {
		o.options.Session = longestSession
	}
	return o, nil
}
