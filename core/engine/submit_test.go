package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

func submission(tasks int) engine.Submission {
	return engine.Submission{Tenant: "acme", Kind: "probe", Input: probeInput{Name: "j", Tasks: tasks}.bytes()}
}

// TestSubmitRefuses is the table of what is wrong with a submission.
func TestSubmitRefuses(t *testing.T) {
	t.Parallel()
	labels := map[string]string{}
	for n := range 21 {
		labels[fmt.Sprint(n)] = "x"
	}
	for name, test := range map[string]struct {
		change func(*engine.Submission)
		kind   fault.Kind
	}{
		"no tenant":             {func(s *engine.Submission) { s.Tenant = "" }, fault.Invalid},
		"tenant with a slash":   {func(s *engine.Submission) { s.Tenant = "a/b" }, fault.Invalid},
		"tenant with a space":   {func(s *engine.Submission) { s.Tenant = "a b" }, fault.Invalid},
		"tenant too long":       {func(s *engine.Submission) { s.Tenant = strings.Repeat("a", 65) }, fault.Invalid},
		"tenant of a dash":      {func(s *engine.Submission) { s.Tenant = "-a" }, fault.Invalid},
		"unknown kind":          {func(s *engine.Submission) { s.Kind = "pages" }, fault.Invalid},
		"input that is none":    {func(s *engine.Submission) { s.Input = []byte("x") }, fault.Invalid},
		"input too large":       {func(s *engine.Submission) { s.Input = make([]byte, engine.MaxInput+1) }, fault.Invalid},
		"no task":               {func(s *engine.Submission) { s.Input = probeInput{}.bytes() }, fault.Incomplete},
		"too many tasks":        {func(s *engine.Submission) { s.Input = probeInput{Tasks: engine.MaxTasks + 1}.bytes() }, fault.Invalid},
		"unknown model":         {func(s *engine.Submission) { s.Input = probeInput{Tasks: 1, Model: "gpt"}.bytes() }, fault.Invalid},
		"negative cap":          {func(s *engine.Submission) { s.Cap = -1 }, fault.Invalid},
		"negative judged":       {func(s *engine.Submission) { s.Limits.Judged = -1 }, fault.Invalid},
		"negative unknown":      {func(s *engine.Submission) { s.Limits.Unknown = -1 }, fault.Invalid},
		"too many attempts":     {func(s *engine.Submission) { s.Limits.Judged = 1001 }, fault.Invalid},
		"negative give up":      {func(s *engine.Submission) { s.Limits.GiveUpAfter = -1 }, fault.Invalid},
		"too many labels":       {func(s *engine.Submission) { s.Labels = labels }, fault.Invalid},
		"label too long":        {func(s *engine.Submission) { s.Labels = map[string]string{"a": strings.Repeat("x", 201)} }, fault.Invalid},
		"label's name too long": {func(s *engine.Submission) { s.Labels = map[string]string{strings.Repeat("x", 201): ""} }, fault.Invalid},
		"request id too long":   {func(s *engine.Submission) { s.RequestID = strings.Repeat("x", 201) }, fault.Invalid},
		"key too long":          {func(s *engine.Submission) { s.Key = strings.Repeat("x", 256) }, fault.Invalid},
		"key not printable":     {func(s *engine.Submission) { s.Key = "a\n" }, fault.Invalid},
		"more than any amount":  {func(s *engine.Submission) { s.Input = probeInput{Tasks: 1_000_000, Tokens: 1 << 40}.bytes() }, fault.Overflow},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, small())
			s := submission(3)
			test.change(&s)
			_, err := w.main.Submit(w.ctx, s)
			require.ErrorIs(t, err, test.kind)
			require.Empty(t, w.store.Partitions(), "nothing is written")
			require.Empty(t, w.mail.letters)
		})
	}
}

// TestSubmit is about jobs that are made.
func TestSubmit(t *testing.T) {
	t.Parallel()

	t.Run("Defaults", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		s := submission(7)
		s.Labels, s.RequestID = map[string]string{"who": "me"}, "req-1"
		r, err := w.main.Submit(w.ctx, s)
		require.NoError(t, err)
		require.False(t, r.Repeated)
		j := r.Job
		require.Equal(t, job.StatePending, j.State)
		require.Equal(t, job.Layout{Tasks: 7, ParcelSize: 3, Shards: 2}, j.Layout)
		require.Equal(t, job.Limits{Judged: 3, Unknown: 5, GiveUpAfter: 24 * time.Hour}, j.Limits)
		require.Equal(t, 7*7*hold, j.Cap, "every allowed attempt at its hold")
		require.Equal(t, j, w.job(j.ID))
		input, err := w.main.Input(w.ctx, j.ID)
		require.NoError(t, err)
		require.Equal(t, s.Input, input)
		require.Equal(t, 1, w.events(ports.EventJobSubmitted))
	})

	t.Run("AHundredThousandTasksInFewRecords", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{})
		written := 0
		w.hooks.AfterCommit = func(keys []ports.Key) { written += len(keys) }
		id := w.submit(100_000, capped(hold))
		require.Less(t, written, 100)
		require.Equal(t, 100_000, w.progress(id).Counts[job.TaskQueued])
		require.Equal(t, 32, len(w.mail.letters))
		w.checks.books = nil
	})

	t.Run("ALargeInputIsCutIntoRecords", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		s := submission(3)
		s.Input = append(s.Input, []byte(strings.Repeat(" ", engine.MaxInput-len(s.Input)))...)
		r, err := w.main.Submit(w.ctx, s)
		require.NoError(t, err)
		w.main = w.start(small())
		input, err := w.main.Input(w.ctx, r.Job.ID)
		require.NoError(t, err)
		require.Equal(t, s.Input, input)
		require.Equal(t, job.StateCompleted, w.rest(r.Job.ID).State)
	})

	t.Run("AQueueThatIsDownDoesNotMatter", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.mail.err = fault.New(fault.Unavailable, "no queue")
		id := w.submit(3)
		require.Equal(t, 1, w.events(ports.EventFault))
		w.mail.err = nil
		require.Equal(t, job.StateCompleted, w.rest(id).State)
	})

	t.Run("DiesAnywhere", func(t *testing.T) {
		t.Parallel()
		for dies := 1; ; dies++ {
			for _, after := range []bool{false, true} {
				w := newWorld(t, small())
				p := w.start(small())
				p.dies, p.after = dies, after
				s := submission(7)
				s.Key = "k"
				_, first := p.Submit(w.ctx, s)
				again, err := w.main.Submit(w.ctx, s)
				require.NoError(t, err)
				require.Len(t, w.checks.jobs(), 1)
				require.Equal(t, job.StateCompleted, w.rest(again.Job.ID).State)
				if !p.dead {
					require.NoError(t, first)
					return
				}
			}
		}
	})
}

// TestIdempotency is about submissions with a key.
func TestIdempotency(t *testing.T) {
	t.Parallel()
	keyed := func(tasks int) engine.Submission {
		s := submission(tasks)
		s.Key = "order 66"
		return s
	}

	t.Run("ARepeatIsTheSameJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		one, err := w.main.Submit(w.ctx, keyed(3))
		require.NoError(t, err)
		sent := w.mail.sent
		w.drain()
		two, err := w.main.Submit(w.ctx, keyed(3))
		require.NoError(t, err)
		require.True(t, two.Repeated)
		require.Equal(t, one.Job.ID, two.Job.ID)
		require.Equal(t, job.StateCompleted, two.Job.State, "it is the job as it stands")
		require.GreaterOrEqual(t, w.mail.sent, sent)
		require.Len(t, w.checks.jobs(), 1)
	})

	t.Run("AnotherBodyIsAConflict", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		_, err := w.main.Submit(w.ctx, keyed(3))
		require.NoError(t, err)
		for _, change := range []func(*engine.Submission){
			func(s *engine.Submission) { s.Input = probeInput{Name: "j", Tasks: 4}.bytes() },
			func(s *engine.Submission) { s.Cap = 5 },
			func(s *engine.Submission) { s.Limits.Judged = 2 },
			func(s *engine.Submission) { s.Fingerprint = idempotency.Of([]byte("mine")) },
		} {
			s := keyed(3)
			change(&s)
			_, err = w.main.Submit(w.ctx, s)
			require.ErrorIs(t, err, fault.Conflict)
		}
		require.Len(t, w.checks.jobs(), 1)
	})

	t.Run("AnotherTenantIsAnotherJob", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		for _, tenant := range []string{"acme", "other"} {
			s := keyed(3)
			s.Tenant = tenant
			r, err := w.main.Submit(w.ctx, s)
			require.NoError(t, err)
			require.False(t, r.Repeated)
		}
		require.Len(t, w.checks.jobs(), 2)
	})

	t.Run("AKeyThatHasExpiredIsFree", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		one, err := w.main.Submit(w.ctx, keyed(3))
		require.NoError(t, err)
		w.now = one.Job.CreatedAt.Add(idempotency.Keep - time.Second)
		two, err := w.main.Submit(w.ctx, keyed(3))
		require.NoError(t, err)
		require.True(t, two.Repeated)
		w.now = one.Job.CreatedAt.Add(idempotency.Keep)
		three, err := w.main.Submit(w.ctx, keyed(4))
		require.NoError(t, err)
		require.False(t, three.Repeated)
		require.Len(t, w.checks.jobs(), 2)
	})

	t.Run("ARefusedSubmissionLeavesTheKeyFree", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, hold))
		s := keyed(3)
		s.Cap = 5 * hold
		_, err := w.main.Submit(w.ctx, s)
		require.ErrorIs(t, err, fault.Budget)
		s.Cap = hold
		r, err := w.main.Submit(w.ctx, s)
		require.NoError(t, err)
		require.False(t, r.Repeated)
	})

	t.Run("ABrokenRecordIsNotGuessed", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		print := idempotency.Of([]byte("order 66"))
		w.put(ports.Key{Partition: "tenant/acme", Sort: fmt.Sprintf("once/%x", print[:])}, []byte("{"))
		_, err := w.main.Submit(w.ctx, keyed(3))
		require.ErrorIs(t, err, fault.Corrupt)
	})

	t.Run("FiftyAtOnceMakeOneJob", func(t *testing.T) {
		t.Parallel()
		clock := sysclock.Clock{}
		store, queue := memstore.New(clock, nil), memqueue.New(clock, nil)
		e, err := engine.New(engine.Ports{
			Store: store, Queue: queue, Model: parrot{}, Clock: clock, Group: sysclock.Group{}, IDs: sysclock.NewIDs(), Observer: ending{func() {}},
		}, []job.Kind{&probe{}}, nil)
		require.NoError(t, err)
		var lock sync.Mutex
		made, fresh := map[job.ID]int{}, 0
		require.NoError(t, sysclock.Group{}.Run(t.Context(), 50, func(ctx context.Context, _ int) error {
			r, err := e.Submit(ctx, keyed(3))
			if err != nil {
				return err
			}
			lock.Lock()
			defer lock.Unlock()
			made[r.Job.ID]++
			if !r.Repeated {
				fresh++
			}
			return nil
		}))
		require.Len(t, made, 1)
		require.Equal(t, 1, fresh)
	})
}
