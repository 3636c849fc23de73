package main

import (
	"context"
	"net"
	"net/url"
	"time"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	keyVariable = "ANTHROPIC_API_KEY"
	urlVariable = "ANTHROPIC_BASE_URL"
	// placeholderKey is sent to a server on this machine when there is no key: such servers want one and check none.
	placeholderKey = "no-key"
	// defaultSpeed lets 1,300 pages take about half a minute.
	defaultSpeed = 10
	defaultSeed  = 1
	// pollBatch is how often Claude is asked how a batch stands. A batch of the built-in simulator ends with its process, so
	// that one it does not know is gone: simulatedLost is the shortest time that the engine takes.
	pollBatch     = 30 * time.Second
	simulatedLost = time.Nanosecond
)

// providerFlags say who answers the calls.
type providerFlags struct {
	simulate bool
	speed    float64
	seed     uint64
	baseURL  string
}

func (f *providerFlags) define(flags *pflag.FlagSet) {
	flags.BoolVar(&f.simulate, "simulate", false, "let the built-in simulator answer although a key is set; without a key it always does")
	flags.Float64Var(&f.speed, "simulate-speed", defaultSpeed, "simulate `N` times as fast as Claude")
	flags.Uint64Var(&f.seed, "simulate-seed", defaultSeed, "draw the simulator's answers from `N`")
	flags.StringVar(&f.baseURL, "anthropic-base-url", "", "call this `URL` instead of Claude's, also ANTHROPIC_BASE_URL; on this machine no key is needed")
}

// provider is who answers the calls of a job.
type provider struct {
	voice
	// count asks how many tokens a prompt has.
	count engine.TokenCounter
	// simulated is true for the built-in simulator; about tells the person where calls go.
	simulated bool
	about     string
	close     func()
}

// choose opens the provider that flags and environment name. Nothing is sent.
func (f *providerFlags) choose(flags *pflag.FlagSet, env func(string) string) (*provider, error) {
	key, base := env(keyVariable), f.baseURL
	if f.simulate && base != "" {
		return nil, invalid("--simulate and --anthropic-base-url exclude each other: give one")
	}
	if base == "" && !f.simulate {
		base = env(urlVariable)
	}
	if err := checkURL(base, f.baseURL != ""); err != nil {
		return nil, err
	}
	if u, err := url.Parse(f.baseURL); err == nil && u.User != nil {
		return nil, invalid("--anthropic-base-url has a name or a password, which others on this machine can read: give such a URL in %s", urlVariable)
	}
	if f.simulate || key == "" && base == "" {
		return f.simulated(key)
	}
	for _, name := range []string{"simulate-speed", "simulate-seed"} {
		if flags.Changed(name) {
			return nil, invalid("--%s is for the simulator, and this job would call %s: add --simulate, or leave it out", name, orClaude(base))
		}
	}
	return callClaude(key, base)
}

// source names whose answers a forecast learns from: those of the simulator are no news of Claude.
func (f *providerFlags) source(env func(string) string) string {
	if f.simulate || env(keyVariable) == "" && f.baseURL == "" && env(urlVariable) == "" {
		return bySimulator
	}
	return byClaude
}

func (f *providerFlags) simulated(key string) (*provider, error) {
	if f.speed == 0 {
		return nil, invalid("--simulate-speed 0 is out of range: give a number above 0")
	}
	sim, err := startSimulator(&claudesim.Options{Seed: f.seed, Speed: f.speed})
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "--simulate-speed: %s", plain(err))
	}
	client := sim.client()
	model, err := claudemodel.New(placeholderKey, &claudemodel.Options{BaseURL: simulatedURL, HTTPClient: client})
	if err != nil {
		sim.close()
		return nil, err
	}
	about := "simulated: no key, no money spent; " + keyVariable + " calls Claude"
	if key != "" {
		about = "simulated: the key is not used, no money spent"
	}
	return &provider{voice: voice{model: model, batch: model, lost: simulatedLost}, count: model.CountTokens, simulated: true, about: about, close: func() {
		client.CloseIdleConnections()
		sim.close()
	}}, nil
}

func callClaude(key, base string) (*provider, error) {
	if key == "" && !loopback(base) {
		return nil, invalid("%s is not set and %s is not on this machine: set the key, or simulate with --simulate", keyVariable, orClaude(base))
	}
	if key == "" {
		key = placeholderKey
	}
	model, err := claudemodel.New(ports.Secret(key), &claudemodel.Options{BaseURL: base})
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "%s (from %s, or --anthropic-base-url and %s)", plain(err), keyVariable, urlVariable)
	}
	return &provider{voice: voice{model: model, batch: model, poll: pollBatch}, count: model.CountTokens, about: "calls go to " + orClaude(base), close: model.Close}, nil
}

// orClaude is where calls go, as it is shown: without a name and a password.
func orClaude(base string) string {
	if base == "" {
		return claudemodel.DefaultBaseURL
	}
	u, err := url.Parse(base)
	if err != nil || u.User == nil {
		return base // an address was parsed before
	}
	u.User = nil
	return u.String()
}

// checkURL refuses what calls cannot be sent to. Empty is Claude's own.
func checkURL(base string, byFlag bool) error {
	u, err := url.Parse(base)
	if base == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" {
		return nil
	}
	from := urlVariable
	if byFlag {
		from = "--anthropic-base-url"
	}
	return invalid("%s %s is no address to call: give a URL like http://127.0.0.1:9090", from, settings.Shown(base))
}

// loopback reports whether a URL is of this machine.
func loopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// mute is the model of commands that make no calls.
type mute struct{}

var (
	_ ports.Model      = mute{}
	_ ports.BatchModel = mute{}
)

var errMute = fault.New(fault.Unavailable, "this command makes no calls")

// Call refuses.
func (mute) Call(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, errMute }

// CreateBatch refuses.
func (mute) CreateBatch(context.Context, []ports.BatchLine) (ports.Batch, error) {
	return ports.Batch{}, errMute
}

// ListBatches refuses.
func (mute) ListBatches(context.Context, time.Time) ([]ports.Batch, error) { return nil, errMute }

// GetBatch refuses.
func (mute) GetBatch(context.Context, string) (ports.Batch, error) { return ports.Batch{}, errMute }

// CancelBatch refuses.
func (mute) CancelBatch(context.Context, string) (ports.Batch, error) { return ports.Batch{}, errMute }

// BatchResults refuses.
func (mute) BatchResults(context.Context, string, func(ports.BatchResult) error) error {
	return errMute
}
