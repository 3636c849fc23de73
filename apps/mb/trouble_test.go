package main

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// inside opens the store of the shop as a program would and does something with its engine.
func (s *shop) inside(kinds []job.Kind, do func(*engine.Engine) error) {
	s.Helper()
	st, err := storeFlags{name: s.store()}.open()
	require.NoError(s, err)
	sys, err := newSystem(st, mute{}, nil, newWatch(os.Stderr, 0), kinds, &engine.Options{Epoch: st.epoch}, &localworker.Options{})
	require.NoError(s, err)
	require.NoError(s, do(sys.Engine))
	st.close(&err)
	require.NoError(s, err)
}

func TestCancelThatWasNotFinished(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	id := s.left("--key", "k")
	s.inside([]job.Kind{pages.Kind{}}, func(e *engine.Engine) error {
		_, err := e.Cancel(t.Context(), job.ID(id), "wrong catalog")
		return err
	})
	require.Contains(t, s.run(s.on("jobs", "show", id)...).want(exitDone).stdout, "running, being cancelled")
	s.run(s.calling("jobs", "resume", id)...).want(exitUsage).complains("is being cancelled", "mb jobs cancel "+id)
	again := s.run(s.making("--key", "k", "--json")...).want(exitFailed)
	require.Contains(t, again.stderr, "stands for this key and is being cancelled")
	require.Equal(t, job.StateCancelled, again.result().State)
	s.booked(again.result())
}

func TestRetryThatWasNotFinished(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.door.answer(refusing(t, "Cranston"))
	s.run(s.making("--key", "k")...).want(exitPartial)
	s.door.answer(nil)
	id := job.ID(s.job())
	st, err := storeFlags{name: s.store()}.open()
	require.NoError(t, err)
	sys, err := newSystem(&dying{Store: st, updates: 1}, mute{}, nil, newWatch(os.Stderr, 0), []job.Kind{pages.Kind{}},
		&engine.Options{Epoch: st.epoch}, &localworker.Options{})
	require.NoError(t, err)
	left, err := sys.Engine.Retry(t.Context(), id, nil, 0)
	require.NoError(t, err)
	require.NotNil(t, left.Walk, "begun, and not gone through the pages")
	st.close(&err)

	s.run(s.calling("jobs", "retry", string(id))...).want(exitUsage).complains("is running and has not ended", "mb jobs resume "+string(id))
	done := s.run(s.calling("jobs", "resume", string(id), "--json")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	s.booked(done)
}

// dying is a store that takes so many more updates.
type dying struct {
	ports.Store
	updates int
}

func (d *dying) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if d.updates == 0 {
		return fault.New(fault.Corrupt, "died")
	}
	d.updates--
	return d.Store.Update(ctx, keys, decide)
}

// later is the kind of another version of the program.
type later struct{ pages.Kind }

func (later) Version() int { return 99 }

func TestJobOfAnotherVersion(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, err := (&requestFlags{catalog: s.path("catalog.yaml"), pageType: "keyword-service-area", lang: "en", maxAttempts: 3}).
		read(newRoot(&app{}).Flags(), cost.Prices(), sysclock.Clock{}.Now())
	require.NoError(t, err)
	s.inside([]job.Kind{later{}}, func(e *engine.Engine) error {
		_, err := e.Submit(t.Context(), r.submission)
		return err
	})
	s.run(s.calling("jobs", "resume", s.job())...).want(exitUsage).complains("was made by another version of mb")
	require.Contains(t, s.run(s.on("jobs", "show", s.job())...).want(exitDone).stdout, "state     pending")
}

func TestPagesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	held := s.door.hold(3)
	b := s.begin(s.making("--json")...)
	<-held
	s.write("out", "not a folder")
	s.door.open()
	end := (<-b.ended).want(exitUsage)
	require.Equal(t, 4, end.result().Completed, "what was paid is told all the same")
	require.Contains(t, end.stderr, "is completed, but its pages could not be written: ")
	require.Contains(t, end.stderr, "mend that, then mb jobs resume "+s.job())
	require.NoError(t, os.Remove(s.path("out")))
	s.run(s.calling("jobs", "resume", s.job())...).want(exitDone)
	require.FileExists(t, s.path("out/manifest.jsonl"))
}

func TestPagesThatCannotBeWrittenInMemory(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	held := s.door.hold(3)
	b := s.begin(s.making("--store", "mem")...)
	<-held
	s.write("out", "not a folder")
	s.door.open()
	end := (<-b.ended).want(exitUsage)
	require.Contains(t, end.stderr, "mend that, then generate again: --store mem has forgotten the job")
	require.NotContains(t, end.stderr, "jobs resume")
}

func TestInterruptWhileWriting(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	end := s.runIn(ctx, world{stderr: hearing(func(text string) {
		if strings.HasPrefix(text, "writing ") {
			cancel()
		}
	})}, s.making()...).want(exitInterrupted)
	require.Contains(t, end.stderr, "continue with: mb jobs resume "+s.job())
}

func TestPatience(t *testing.T) {
	t.Parallel()
	told := func(first func(soft, hard context.CancelFunc)) string {
		var stderr strings.Builder
		hard, stopHard := context.WithCancel(t.Context())
		soft, stopSoft := context.WithCancel(hard)
		defer stopSoft()
		defer stopHard()
		c := session{foreground: &foreground{app: &app{world: world{stderr: &stderr}, stop: interrupts{soft: soft, hard: hard}}}}
		over := c.patience("wait")
		first(stopSoft, stopHard)
		over()
		return stderr.String()
	}
	require.Equal(t, "wait\n", told(func(soft, _ context.CancelFunc) { soft() }))
	require.Empty(t, told(func(_, hard context.CancelFunc) { hard() }), "nobody waits any more")
	require.Empty(t, told(func(_, _ context.CancelFunc) {}))
}

func TestManyFailures(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.write("catalog.yaml", smallCatalog+"  - {city: Newport, state: RI}\n  - {city: Bristol, state: RI}\n  - {city: Barrington, state: RI}\n  - {city: Lincoln, state: RI}\n")
	s.door.answer(refusing(t, ""))
	s.run(s.making()...).want(exitFailed)
	require.Contains(t, s.run(s.on("jobs", "show", s.job())...).want(exitDone).stdout, "REFUSED on 12 pages: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ...")
}

// failing is a store whose reads fail from some moment on.
type failing struct {
	ports.Store
	kind   fault.Kind
	broken atomic.Bool
}

func (f *failing) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if f.broken.Load() {
		return ports.Record{}, fault.New(f.kind, "the disk is gone")
	}
	return f.Store.Get(ctx, key)
}

// gone breaks the store with the first call.
type gone struct{ store *failing }

func (g gone) Call(context.Context, job.Request) (ports.Reply, error) {
	g.store.broken.Store(true)
	return ports.Reply{}, fault.New(fault.Overloaded, "come back later")
}

func TestStoreFailsWhileTheJobRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, err := (&requestFlags{catalog: s.path("catalog.yaml"), pageType: "keyword-service-area", lang: "en", maxAttempts: 3}).
		read(newRoot(&app{}).Flags(), cost.Prices(), sysclock.Clock{}.Now())
	require.NoError(t, err)
	for _, kind := range []fault.Kind{fault.Unavailable, fault.Corrupt} {
		broken := &failing{Store: memstore.New(sysclock.Clock{}, nil), kind: kind}
		seen := newWatch(os.Stderr, 0)
		sys, err := assemble(&store{Store: broken}, voice{model: gone{broken}}, seen, 2)
		require.NoError(t, err)
		receipt, err := sys.Engine.Submit(t.Context(), r.submission)
		require.NoError(t, err)
		stop, release := listen(t.Context(), nil)
		d := drive{sys: sys, watch: seen, stop: stop, id: receipt.Job.ID, until: settled}
		_, err = d.run()
		require.ErrorIs(t, err, kind)
		release()
	}
}

// full is a store that takes no update once the first call was made.
type full struct{ *failing }

func (f full) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	if f.broken.Load() {
		return fault.New(fault.Unavailable, "boltstore: update: nothing was written: no space left on device")
	}
	return f.Store.Update(ctx, keys, decide)
}

func (f full) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	return f.Store.Get(ctx, key)
}

func TestFullDiskEndsTheRun(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, err := (&requestFlags{catalog: s.path("catalog.yaml"), pageType: "keyword-service-area", lang: "en", maxAttempts: 3}).
		read(newRoot(&app{}).Flags(), cost.Prices(), sysclock.Clock{}.Now())
	require.NoError(t, err)
	broken := &failing{Store: memstore.New(sysclock.Clock{}, nil)}
	seen := newWatch(os.Stderr, 0)
	sys, err := assemble(&store{Store: full{broken}}, voice{model: gone{broken}}, seen, 2)
	require.NoError(t, err)
	receipt, err := sys.Engine.Submit(t.Context(), r.submission)
	require.NoError(t, err)
	stop, release := listen(t.Context(), nil)
	defer release()
	d := drive{sys: sys, watch: seen, stop: stop, id: receipt.Job.ID, until: settled, patience: time.Nanosecond}
	_, err = d.run()
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "the store cannot be written: update: nothing was written: no space left on device")
	require.Equal(t, exitFailed, report(&strings.Builder{}, err))
}

func TestTroubleIsOverWhenAPageEnds(t *testing.T) {
	t.Parallel()
	w := newWatch(os.Stderr, 0)
	w.on("a")
	at := sysclock.Clock{}.Now()
	for range leastFailures {
		since, _ := w.store.failing()
		require.Zero(t, since)
		w.store.failed(at, fault.Unavailable)
		at = at.Add(time.Second)
	}
	since, why := w.store.failing()
	require.Equal(t, at.Add(-leastFailures*time.Second), since)
	require.Equal(t, "unavailable", why)
	w.Observe(t.Context(), ports.Event{Name: ports.EventTaskEnded, Job: "a"})
	since, _ = w.store.failing()
	require.Zero(t, since)
}

func TestViewOfMoney(t *testing.T) {
	t.Parallel()
	of := func(running, waiting int, limit, held cost.Pico) screen.View {
		return viewOf(engine.Progress{
			Job: &job.Job{Layout: job.Layout{Tasks: 10}, Cap: limit}, Held: held,
			Counts:  job.Counts{job.TaskRunning: running, job.TaskWaiting: waiting},
			Waiting: map[job.Reason]int{job.ReasonBudget: waiting},
		}, sysclock.Clock{}.Now(), false)
	}
	require.Empty(t, of(2, 3, 100, 20).Waiting, "there is money for another call")
	require.Equal(t, []screen.Waiting{{Reason: "budget", Pages: 3}}, of(2, 3, 25, 20).Waiting)
	require.False(t, of(2, 3, 25, 20).Stuck)
	require.True(t, of(0, 3, 25, 20).Stuck)
}

func TestDamageIsSaidWithWhatToDo(t *testing.T) {
	t.Parallel()
	const id = "0199a3c4-5f0e-7c1a-9a53-2b1f6d0c8e11"
	for text, want := range map[string]string{
		"engine: job " + id + " shard 3: fails its checksum": "job " + id + " shard 3: fails its checksum: restore the store file from a backup, " +
			"or see what is left with mb ledger verify " + id,
		"job: record is too short":         "job: record is too short: restore the store file from a backup, or see what is left with mb ledger verify --all",
		"boltstore: damaged: restore it":   "damaged: restore it",
		"see all with: mb ledger verify 1": "see all with: mb ledger verify 1",
	} {
		require.Equal(t, want, advised(fault.New(fault.Corrupt, "%s", text)))
	}
	require.Equal(t, "no", advised(fault.New(fault.Conflict, "no")))
}

func TestDamageIsSeenWhileTheJobRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	r, err := (&requestFlags{catalog: s.path("catalog.yaml"), pageType: "keyword-service-area", lang: "en", maxAttempts: 3}).
		read(newRoot(&app{}).Flags(), cost.Prices(), sysclock.Clock{}.Now())
	require.NoError(t, err)
	seen := newWatch(os.Stderr, 0)
	st := &store{Store: memstore.New(sysclock.Clock{}, nil)}
	sys, err := assemble(st, silent(), seen, 2)
	require.NoError(t, err)
	receipt, err := sys.Engine.Submit(t.Context(), r.submission)
	require.NoError(t, err)
	key := ports.Key{Partition: "job/" + string(receipt.Job.ID) + "/s00", Sort: "p/00000000"}
	require.NoError(t, st.Update(t.Context(), nil, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key, Kind: "parcel", Body: []byte("x")})
		return nil
	}))
	stop, release := listen(t.Context(), nil)
	defer release()
	d := drive{sys: sys, watch: seen, stop: stop, id: receipt.Job.ID, until: settled}
	_, err = d.run()
	require.ErrorIs(t, err, fault.Corrupt)
	require.ErrorContains(t, err, "cannot go on")
}

func TestPanicIsOneLine(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	code := run(t.Context(), []string{"version"}, world{stdout: panicking{}, stderr: &stderr})
	require.Equal(t, exitFailed, code)
	require.Equal(t, "mb: this is a bug in mb, please report it: dropped\n", stderr.String())
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("dropped") }

func TestSimulatorAnswersNobodyOnceClosed(t *testing.T) {
	t.Parallel()
	sim, err := startSimulator(nil)
	require.NoError(t, err)
	require.Equal(t, "pipe "+simulatedURL, sim.wire.Addr().Network()+" "+sim.wire.Addr().String())
	client := sim.client()
	answer, err := client.Get(simulatedURL + "/sim/bill")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	client.CloseIdleConnections()
	sim.close()
	if answer, err = client.Get(simulatedURL + "/sim/bill"); err == nil {
		require.NoError(t, answer.Body.Close())
	}
	require.Error(t, err)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = newWireless().dial(ended)
	require.ErrorIs(t, err, context.Canceled)
}

func TestWhatWorkMendsIsNoDamage(t *testing.T) {
	t.Parallel()
	require.False(t, damages(engine.Problem{Kind: engine.ProblemAttempt, Detail: "task 1 attempt 1 is presumed, and its answer is stored: retry the task to settle it"}))
	require.True(t, damages(engine.Problem{Kind: engine.ProblemChain, Detail: "block is missing"}))
}

func TestWhoAnswersGoesOn(t *testing.T) {
	t.Parallel()
	by := func(before string, simulated bool) error {
		c := session{job: &job.Job{ID: "j", Labels: map[string]string{labelProvider: before}}}
		return c.answered(&provider{simulated: simulated})
	}
	require.NoError(t, by(bySimulator, true))
	require.NoError(t, by(byClaude, false))
	require.ErrorContains(t, by(byClaude, true), "set ANTHROPIC_API_KEY, or give --anthropic-base-url URL, without --simulate")
	require.ErrorContains(t, by(bySimulator, false), "give --simulate, without --anthropic-base-url")
}

func TestAlertsInNumbers(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	c := session{foreground: &foreground{app: &app{world: world{stderr: &stderr}}}, watch: newWatch(&stderr, 0)}
	c.watch.Observe(t.Context(), ports.Event{Name: ports.EventOverrun})
	c.alerts()
	require.Contains(t, stderr.String(), "warning: 1 call at more than was held")
	require.Equal(t, "1 entry", entries(1))
	require.Equal(t, "1,000 entries", entries(1000))
}

func TestWords(t *testing.T) {
	t.Parallel()
	require.Equal(t, "", listed[catalog.PageType](nil))
	require.Equal(t, "a", listed([]string{"a"}))
	require.Equal(t, "a, b or c", listed([]string{"a", "b", "c"}))
	for word, want := range map[string]string{"": "''", "bolt:a.db": "bolt:a.db", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'"} {
		require.Equal(t, want, quoted(word))
	}
	require.Equal(t, "ab", short("ab", 2))
	require.Equal(t, "a", short("añ", 2), "no character is cut in two")
	require.Equal(t, "exit code 3", exitWith(exitPartial).Error())
	require.NoError(t, exitWith(exitDone))
	_, err := mute{}.Call(t.Context(), job.Request{})
	require.ErrorIs(t, err, fault.Unavailable)
	require.Equal(t, exitUsage, report(&strings.Builder{}, errors.New("of no kind")))
}
