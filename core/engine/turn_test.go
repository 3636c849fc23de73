package engine_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// between stands between the engine and its store.
type between struct {
	ports.Store
	update func(keys []ports.Key, next func() error) error
}

func (s *between) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	return s.update(keys, func() error { return s.Store.Update(ctx, keys, decide) })
}

func ofProvider(keys []ports.Key) bool { return len(keys) == 1 && keys[0].Partition == "provider" }

// ofWarm is the input of a job whose prompts begin with what the provider keeps.
func ofWarm(s *engine.Submission) {
	s.Input = probeInput{Name: "warm" + strings.Repeat(" stable", 400), Tasks: 60}.bytes()
}

// until lets the strands go on, and time with them, until it is so.
func (w *world) until(so func() bool) {
	for !so() {
		if w.step(first) {
			continue
		}
		at, some := w.wake()
		require.True(w.t, some, "nothing goes on")
		w.now = at
	}
}

// TestAPaidAnswerWaitsForNothing: it is stored whatever becomes of the record that processes share about the provider.
func TestAPaidAnswerWaitsForNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var came, last time.Time
	w.wrap = func(p *engine.Ports) {
		clock := p.Clock
		p.Store = &between{p.Store, func(keys []ports.Key, next func() error) error {
			if ofProvider(keys) && !came.IsZero() {
				_ = clock.Sleep(w.ctx, clock.Now().Add(5*time.Second))
				return fault.New(fault.Throttled, "hot record")
			}
			if len(keys) == 0 && !came.IsZero() {
				last = w.now
			}
			return next()
		}}
	}
	a := w.start(nil)
	w.oracle.script = func(plea) said {
		came = w.now.Add(5 * time.Second)
		s := slow(5 * time.Second)
		s.limits = perMinute(6000)
		return s
	}
	id := w.submit(100)
	var strands []*strand
	for p := range 4 {
		strands = append(strands, w.work(a, &letter{body: job.ParcelNote(w.job(id), p).Pack()}))
	}
	w.until(func() bool { return strands[0].done && strands[1].done && strands[2].done && strands[3].done })
	require.Zero(t, last.Sub(came), "the last answer is stored when it has come")
	came = time.Time{}
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	require.Zero(t, w.progress(id).Presumed)
}

// TestNewsLeftToWhoeverHasTheTurnIsTold: nobody waits for the record to bring news, and they reach it all the same.
func TestNewsLeftToWhoeverHasTheTurnIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	writing := false
	w.wrap = func(p *engine.Ports) {
		clock := p.Clock
		p.Store = &between{p.Store, func(keys []ports.Key, next func() error) error {
			if ofProvider(keys) {
				writing = true
				_ = clock.Sleep(w.ctx, clock.Now().Add(20*time.Second))
				writing = false
			}
			return next()
		}}
	}
	a := w.start(nil)
	w.oracle.script = func(plea) said {
		if w.oracle.begun == 1 {
			s := slow(time.Second)
			s.limits = perMinute(6000) // news: it takes the turn
			return s
		}
		s := refused(fault.Throttled, time.Hour)
		s.took = 5 * time.Second
		return s
	}
	id := w.submit(2)
	work := w.work(a, &letter{body: job.ParcelNote(w.job(id), 0).Pack()})
	begun := w.now
	w.until(func() bool { return w.now.Sub(begun) >= 5*time.Second })
	for w.step(first) {
		continue
	}
	require.True(t, writing, "the refusal came while the turn was taken")
	w.until(func() bool { return work.done })
	require.False(t, w.provider().Down.IsZero(), "all know of the refusal")
	require.Greater(t, w.provider().Closed.Sub(w.now), 30*time.Minute)
}

// TestAPrefixThatNobodyStores: whoever was to have it stored and got no lease lets the next one, however long it took.
func TestAPrefixThatNobodyStores(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	armed := false
	w.wrap = func(p *engine.Ports) {
		p.Store = &between{p.Store, func(keys []ports.Key, next func() error) error {
			if !armed || ofProvider(keys) {
				return next()
			}
			w.now = w.now.Add(10 * time.Millisecond)
			return fault.New(fault.Invalid, "the lease is not to be had")
		}}
	}
	a := w.start(nil)
	id := w.submit(60, ofWarm)
	armed = true
	w.do(func() { require.Error(t, a.Work(w.ctx, job.ParcelNote(w.job(id), 0).Pack())) })
	armed = false
	require.Empty(t, w.provider().Warm)
}

// TestWhoWaitsForAPrefixKeepsNoSlots: another job's calls begin meanwhile.
func TestWhoWaitsForAPrefixKeepsNoSlots(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var other time.Time
	w.oracle.script = func(p plea) said {
		if !strings.Contains(p.request.System, "stable") {
			other = later(other, w.now)
			return ok()
		}
		if w.oracle.begun == 1 {
			return slow(100 * time.Second)
		}
		return ok()
	}
	a, b := w.submit(60, ofWarm), w.submit(20)
	at := w.now
	for _, note := range []job.Note{job.ParcelNote(w.job(a), 0), job.ParcelNote(w.job(a), 1), job.ParcelNote(w.job(b), 0)} {
		w.work(w.main, &letter{body: note.Pack()})
		for range 200 {
			w.step(first)
		}
	}
	w.until(func() bool { return !other.IsZero() })
	require.Less(t, other.Sub(at), 5*time.Second)
	require.Equal(t, job.StateCompleted, w.rest(a).State)
	require.Equal(t, job.StateCompleted, w.rest(b).State)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
