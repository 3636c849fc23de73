package lambdasim

import (
	"context"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// What Lambda sets when a mapping does not say otherwise, and what nobody can set.
const (
	DefaultBatchSize = 10
	LongPoll         = 20 * time.Second       // of a receive; an idle poller makes three in a minute
	StartPollers     = 5                      // concurrent batches of a new mapping; fewer when MaximumConcurrency is lower
	GrowthTime       = 200 * time.Millisecond // to one more: Lambda adds up to 300 concurrent batches a minute
)

const (
	maxBatchSize   = 10_000
	maxWindow      = 300 * time.Second
	maxConcurrency = 1_000
)

// MappingConfig describes an event source mapping. Source and Function are required.
type MappingConfig struct {
	Source                  Source
	Function                Invoker
	BatchSize               int           // messages, 1 to 10,000; DefaultBatchSize when zero; above 10 needs a window of 1 s
	Window                  time.Duration // from a batch's first message until it is invoked at the latest, 0 to 300 s
	MaximumConcurrency      int           // batches side by side, 2 to 1,000; 1,000 when zero
	ReportBatchItemFailures bool          // the function's answer names the failed messages; otherwise the answer is ignored
	Visibility              time.Duration // of the queue: a throttled batch is tried again for so long; 30 s when zero
	Growth                  time.Duration // between two additional pollers; GrowthTime when zero
}

// withDefaults fills in what was left out, and refuses what Lambda refuses.
func (c MappingConfig) withDefaults() (MappingConfig, error) {
	c.BatchSize = or(c.BatchSize, DefaultBatchSize)
	c.MaximumConcurrency = or(c.MaximumConcurrency, maxConcurrency)
	c.Visibility = or(c.Visibility, 30*time.Second)
	c.Growth = or(c.Growth, GrowthTime)
	switch {
	case c.Source == nil || c.Function == nil:
		return c, fault.New(fault.Invalid, "lambdasim: a mapping needs a source and a function")
	case c.BatchSize < 1 || c.BatchSize > maxBatchSize:
		return c, fault.New(fault.Invalid, "lambdasim: a batch size of %d is not within 1 to %d", c.BatchSize, maxBatchSize)
	case c.Window < 0 || c.Window > maxWindow:
		return c, fault.New(fault.Invalid, "lambdasim: a batching window of %v is not within 0 to %v", c.Window, maxWindow)
	case c.BatchSize > ReceiveMost && c.Window < time.Second:
		return c, fault.New(fault.Invalid, "lambdasim: a batch size of %d needs a batching window of a second", c.BatchSize)
	case c.MaximumConcurrency < 2 || c.MaximumConcurrency > maxConcurrency:
		return c, fault.New(fault.Invalid, "lambdasim: a maximum concurrency of %d is not within 2 to %d", c.MaximumConcurrency, maxConcurrency)
	}
	return c, nil
}

// Mapping polls a queue and invokes a function with what it finds, as Lambda's event source mapping does.
type Mapping struct {
	config MappingConfig

	mu      sync.Mutex
	counts  Counts
	pollers int       // alive
	polling int       // of those, the ones that are not invoking
	grown   time.Time // when the last additional one began, or will begin, to poll
}

// NewMapping returns a mapping that polls once it is run. Errors: fault.Invalid.
func NewMapping(config MappingConfig) (*Mapping, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Mapping{config: config}, nil
}

// Counts returns what has been done so far.
func (m *Mapping) Counts() Counts {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counts
}

// count changes the counts.
func (m *Mapping) count(change func(*Counts)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.counts)
}

// Run polls until ctx ends. Then nothing more is received, the batches at work are invoked to their end and deleted, and Run returns; a
// function's time limit bounds that, and closing the function cuts it short. To be called once.
func (m *Mapping) Run(ctx context.Context) {
	var pollers sync.WaitGroup
	for range min(StartPollers, m.config.MaximumConcurrency) {
		m.start(ctx, &pollers, true, 0)
	}
	pollers.Wait()
}
