package emfmetrics

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Metrics counts events until they are written. It is safe for concurrent use and takes the same memory, about 20 KB, however
// much it counts.
type Metrics struct {
	out     io.Writer
	clock   ports.Clock
	options Options
	kinds   *labels

	// turn has one token: who holds it writes, and owns spare, left and line.
	turn chan struct{}
	// spare is the window to come, empty.
	spare *tally
	// left is the money of earlier windows below a millionth of a dollar, written once it has become that.
	left [sums]cost.Pico
	line line

	mu     sync.Mutex
	window *tally
	models *labels
	// spilling says that a full window is being written.
	spilling bool
}

var _ ports.Observer = (*Metrics)(nil)

// New returns Metrics that write to out, which gets whole lines, one call for each Flush. Nothing is written before the first.
func New(out io.Writer, clock ports.Clock, options *Options) *Metrics {
	m := &Metrics{out: out, clock: clock, options: options.withDefaults(), turn: make(chan struct{}, 1), window: &tally{}, spare: &tally{}, models: newLabels()}
	m.kinds = faultKinds(m.options.Codes)
	m.turn <- struct{}{}
	return m
}

// Observe counts the event. It never waits for a writer: of a full window a goroutine of its own takes care.
func (m *Metrics) Observe(_ context.Context, event ports.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.window.events++
	m.add(m.window, &event)
	if m.window.events >= m.options.Gather && !m.spilling {
		m.spilling = true
		go m.spill()
	}
}

// spill writes a full window. What cannot be written is lost, as it is with Flush.
func (m *Metrics) spill() {
	_ = m.Flush(context.Background())
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spilling = false
}

// Flush writes what was counted since the last one: one line, and one more for each second, third and further value of FaultKind,
// Model or Alert in it; nothing when there was nothing. It waits for another Flush to end. Its error is the context's when that
// ended first, and everything is kept then; or else fault.Unavailable, and what could not be written is lost: metrics are no
// books.
func (m *Metrics) Flush(ctx context.Context) error {
	select {
	case <-m.turn: // even when ctx has ended: at an invocation's deadline is when metrics matter
	default:
		select {
		case <-m.turn:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { m.turn <- struct{}{} }()
	now := m.clock.Now()
	window, models := m.swap(now)
	text := m.encode(window, models, now)
	*window = tally{}
	m.spare = window
	if len(text) == 0 {
		return nil
	}
	if _, err := m.out.Write(text); err != nil {
		return fault.New(fault.Unavailable, "emfmetrics: write metrics: %w", err)
	}
	return nil
}

// swap begins a new window and returns the old one, with the names of its models.
func (m *Metrics) swap(now time.Time) (*tally, []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old := m.window
	m.window = m.spare
	for i := range old.models {
		m.window.models[i] = old.models[i].next(now)
	}
	return old, m.models.names
}
