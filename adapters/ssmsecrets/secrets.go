package ssmsecrets

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// What Options stand for when they do not say.
const (
	// DefaultLife is how long a secret is used before it is read again.
	DefaultLife = 5 * time.Minute
	// DefaultStale is how long an old secret serves while the store cannot be reached.
	DefaultStale = 12 * time.Hour
	// DefaultPause is the least time between two readings that a refused, missing or unreachable secret leads to.
	DefaultPause = 10 * time.Second
	// DefaultRetries is how often a request is repeated: with all waits 3 to 11 seconds.
	DefaultRetries = 6
	// DefaultTimeout bounds one request.
	DefaultTimeout = 5 * time.Second
)

// Options are the settings of Secrets. Nil, and each field's zero value, are sensible.
type Options struct {
	// Observer is told of failures that are tried again, and of old secrets that serve on (EventFault); nil means nobody.
	Observer ports.Observer
	// Life, Stale, Pause and Timeout are what the defaults of their names say; 0 or less means those. Stale counts from
	// when the secret was read and is at least Life.
	Life, Stale, Pause, Timeout time.Duration
	// Retries is how often a request is repeated after a throttle or a failure; 0 means DefaultRetries, a negative number
	// never.
	Retries int
}

// Secrets are the secrets of one program. They are safe for concurrent use.
type Secrets struct {
	names   []string
	clock   ports.Clock
	ids     ports.IDs
	options Options
	// ask makes one request, for at most ten names. It is a function so that nothing here is a client.
	ask func(ctx context.Context, names []string) (*ssm.GetParametersOutput, error)

	// mu is held for moments only, never over a request.
	mu     sync.Mutex
	kept   map[string]kept
	flight *flight
	// begun is how many readings have been begun.
	begun int
	// renewed is when a reading was last begun for a secret that had been refused.
	renewed time.Time
}

// New returns the secrets of the names, which are those of parameters or their ARNs. It sends nothing. Names that occur
// twice are read once.
func New(client *ssm.Client, names []string, clock ports.Clock, ids ports.IDs, options *Options) *Secrets {
	s := &Secrets{clock: clock, ids: ids, kept: map[string]kept{}}
	if options != nil {
		s.options = *options
	}
	s.options.fill()
	for _, name := range names {
		if !slices.Contains(s.names, name) {
			s.names = append(s.names, name)
		}
	}
	s.ask = func(ctx context.Context, names []string) (*ssm.GetParametersOutput, error) {
		decrypt := true
		return client.GetParameters(ctx, &ssm.GetParametersInput{Names: names, WithDecryption: &decrypt}, once)
	}
	return s
}

func (o *Options) fill() {
	for _, d := range []struct {
		set   *time.Duration
		usual time.Duration
	}{{&o.Life, DefaultLife}, {&o.Stale, DefaultStale}, {&o.Pause, DefaultPause}, {&o.Timeout, DefaultTimeout}} {
		if *d.set <= 0 {
			*d.set = d.usual
		}
	}
	o.Stale = max(o.Stale, o.Life)
	if o.Retries == 0 {
		o.Retries = DefaultRetries
	}
}

// Load reads all secrets, unless they are there. Its error joins those of the secrets that cannot be had.
func (s *Secrets) Load(ctx context.Context) error {
	if err := s.ready(ctx, s.names...); err != nil {
		return err
	}
	var failures []error
	for _, name := range s.names {
		if _, err := s.answer(ctx, name); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// Prefetch begins to read all secrets and returns at once, so that they come while a program starts. What fails is tried
// again by whoever needs the secret. The reading ends with ctx, unless somebody else waits for it too.
func (s *Secrets) Prefetch(ctx context.Context) {
	go func() { _ = s.ready(ctx, s.names...) }() // its error will be that of whoever needs the secret
}

// Get returns the secret of a name that New was given: the one that is kept, or, if that is older than its life, one that
// is read now. Errors: Invalid (another name), NotFound (no such parameter, or an empty one), Unauthorized, Throttled,
// Unavailable, and the context's.
func (s *Secrets) Get(ctx context.Context, name string) (ports.Secret, error) {
	if !slices.Contains(s.names, name) {
		return "", fault.New(fault.Invalid, "ssmsecrets: %q is none of the names that were given to New", name)
	}
	if err := s.ready(ctx, name); err != nil {
		return "", err
	}
	return s.answer(ctx, name)
}

// Renewed returns another secret than the one that was refused: the one that is kept, if it is another, or what a new
// reading gives, which may be the refused one again. There is at most one such reading in each Options.Pause; until the
// next one the kept secret is the answer. An old secret does not serve on once it was refused. With nothing refused it is
// Get. Errors are those of Get.
func (s *Secrets) Renewed(ctx context.Context, name string, refused ports.Secret) (ports.Secret, error) {
	if refused != "" {
		s.outdate(name, refused)
	}
	return s.Get(ctx, name)
}

// outdate makes a secret due for a reading if it is the refused one and the last such reading is long enough ago.
func (s *Secrets) outdate(name string, refused ports.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, now := s.kept[name], s.clock.Now()
	if k.reveal == nil || k.reveal() != refused || within(now, s.renewed, s.options.Pause) {
		return
	}
	k.refused, s.renewed = s.begun+1, now
	s.kept[name] = k
}

// ready returns when nothing more needs to be read for the names: at once, or after a reading. One that had been begun when
// a secret was refused does not do for that secret: then another follows it.
func (s *Secrets) ready(ctx context.Context, names ...string) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.mu.Lock()
		if s.settled(names) {
			s.mu.Unlock()
			return nil
		}
		f := s.board(ctx)
		enough := !slices.ContainsFunc(names, func(name string) bool { return s.kept[name].refused > f.number })
		s.mu.Unlock()
		if err := s.wait(ctx, f); err != nil || enough {
			return err
		}
	}
}

// settled reports whether no reading is due for the names. The caller holds mu.
func (s *Secrets) settled(names []string) bool {
	now := s.clock.Now()
	return !slices.ContainsFunc(names, func(name string) bool { return !s.kept[name].settled(now, &s.options) })
}

// answer is what is known of a name.
func (s *Secrets) answer(ctx context.Context, name string) (ports.Secret, error) {
	s.mu.Lock()
	k, now := s.kept[name], s.clock.Now()
	s.mu.Unlock()
	if k.failure == nil {
		return k.value()
	}
	if !k.serves(now, &s.options) {
		return "", k.failure
	}
	s.observe(ctx, ports.Event{Name: ports.EventFault, Fault: string(fault.KindOf(k.failure)),
		Duration: now.Sub(k.at), Detail: "ssmsecrets: the old value of " + name + " serves on"})
	return k.value()
}

func (s *Secrets) observe(ctx context.Context, event ports.Event) {
	if s.options.Observer == nil {
		return
	}
	event.At = s.clock.Now()
	s.options.Observer.Observe(ctx, event)
}
