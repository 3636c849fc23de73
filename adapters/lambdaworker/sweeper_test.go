package lambdaworker_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestSweeper is about what the sweeper does with its events.
func TestSweeper(t *testing.T) {
	t.Parallel()

	story(t, "AScheduleSweeps", func(t *testing.T, w *world) {
		id, _ := w.submit(60) // and its messages are lost
		require.NoError(t, w.sweep(time.Minute))
		require.Empty(t, w.due(), "they may be on their way")
		time.Sleep(3 * time.Minute)
		require.NoError(t, w.sweep(time.Minute))
		records := w.due()
		require.NotEmpty(t, records)
		require.Empty(t, w.invoke(5*time.Minute, records...))
		w.finish(id)
		w.square(id)
	})

	story(t, "TheNextSweepFindsWhatOneWithoutTimeHasLeft", func(t *testing.T, w *world) {
		id, _ := w.submit(60)
		time.Sleep(3 * time.Minute)
		w.wrap = func(p *engine.Ports) { p.Store = slow{p.Store} }
		w.start()
		require.ErrorIs(t, w.sweep(5*time.Second), context.DeadlineExceeded)
		require.NotEmpty(t, w.faults())
		w.wrap = nil
		w.start()
		require.NoError(t, w.sweep(time.Minute))
		require.NotEmpty(t, w.due())
		w.finish(id)
	})

	story(t, "ASweepWithoutEndLeavesTimeToOthers", func(t *testing.T, w *world) {
		w.submit(60)
		time.Sleep(3 * time.Minute)
		w.wrap = func(p *engine.Ports) { p.Store = slow{p.Store} }
		w.start()
		left := time.Duration(0)
		also := lambdaworker.NewSweeper(w.engine, &lambdaworker.Options{Reserve: time.Second, Also: func(ctx context.Context) error {
			deadline, _ := ctx.Deadline()
			left = time.Until(deadline)
			return ctx.Err()
		}})
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		_, err := also.Handle(ctx, json.RawMessage(`{"detail-type":"Scheduled Event"}`))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2*time.Second, left)
	})

	story(t, "AfterEachSweepOthersHaveTheirTurn", func(t *testing.T, w *world) {
		turns := 0
		also := lambdaworker.NewSweeper(w.engine, &lambdaworker.Options{Also: func(ctx context.Context) error {
			_, bound := ctx.Deadline()
			require.True(t, bound)
			turns++
			return fault.Unavailable
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := also.Handle(ctx, json.RawMessage(`{"detail-type":"Scheduled Event"}`))
		require.ErrorIs(t, err, fault.Unavailable)
		_, err = also.Handle(ctx, json.RawMessage(`{"Records":[{"eventSource":"aws:sqs","body":"{}"}]}`))
		require.NoError(t, err)
		require.Equal(t, 1, turns, "letters are no sweep")
		require.NotEmpty(t, w.faults())
	})

	story(t, "TheThirdLetterOfAParcelFailsItsTasks", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		for n := 1; n <= 3; n++ {
			require.Empty(t, w.deadLetters(parcel(id, 0)))
			require.Len(t, w.due(), map[bool]int{true: 1}[n < 3], "it is sent again")
		}
		require.Equal(t, job.Counts{job.TaskQueued: 25, job.TaskFailed: 25}, w.progress(id).Counts)
		tasks := 0
		require.NoError(t, w.engine.Tasks(t.Context(), id, 0, func(task engine.TaskView) bool {
			if task.State == job.TaskFailed {
				require.Equal(t, job.CodeDeadLetter, task.Code)
				tasks++
			}
			return true
		}))
		require.Equal(t, 25, tasks)
		w.finish(id)
		w.square(id)
	})

	story(t, "ALetterThatMakesNoSenseIsDoneWith", func(t *testing.T, w *world) {
		id, _ := w.submit(25)
		require.Empty(t, w.deadLetters(record("a", []byte("x")), parcel("0190f7a2-0000-7000-8000-000000000001", 0), parcel(id, 99)))
		require.Equal(t, []string{"invalid"}, w.faults())
		require.Empty(t, w.due())
	})

	story(t, "ALetterThatCannotBeTakenNowComesAgain", func(t *testing.T, w *world) {
		id, _ := w.submit(50)
		w.start(faultport.Rule{Method: "Store.Update", Nth: 1, Effect: faultport.Fail})
		require.Len(t, w.deadLetters(parcel(id, 0), parcel(id, 1)), 1)
		require.Len(t, w.due(), 1)
		require.Equal(t, 1, w.told(ports.EventMessageReturned)[0].Count)
	})

	story(t, "AnythingElseIsInvalid", func(t *testing.T, w *world) {
		for _, event := range []string{
			``, `null`, `{}`, `[]`, `"x"`, `{"Records":[]}`, `{"Records":{}}`, `{"source":"aws.s3","detail-type":"Object Created"}`,
			`{"Records":[{"eventSource":"aws:s3"}]}`, `{"Records":[{"eventSource":"aws:sqs"},{"EventSource":"aws:sns"}],"detail-type":"Scheduled Event"}`,
		} {
			_, err := w.sweeper.Handle(t.Context(), json.RawMessage(event))
			require.ErrorIs(t, err, fault.Invalid, event)
		}
	})
}
