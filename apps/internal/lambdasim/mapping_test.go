package lambdasim_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// The table of answers that Lambda documents for partial failures.
func TestPartialFailures(t *testing.T) {
	t.Parallel()
	success, total := []string{"good", "poison"}, []string(nil)
	for name, row := range map[string]struct {
		answer  string
		deleted []string
	}{
		"Nothing":        {``, success},
		"Null":           {`null`, success},
		"EmptyObject":    {`{}`, success},
		"EmptyList":      {`{"batchItemFailures":[]}`, success},
		"NullList":       {`{"batchItemFailures":null}`, success},
		"MisspeltList":   {`{"BatchItemFailures":[{"itemIdentifier":"id-poison-1"}]}`, success},
		"One":            {`{"batchItemFailures":[{"itemIdentifier":"id-poison-1"}]}`, []string{"good"}},
		"Twice":          {`{"batchItemFailures":[{"itemIdentifier":"id-poison-1"},{"itemIdentifier":"id-poison-1"}]}`, []string{"good"}},
		"All":            {`{"batchItemFailures":[{"itemIdentifier":"id-poison-1"},{"itemIdentifier":"id-good-0"}]}`, total},
		"EmptyID":        {`{"batchItemFailures":[{"itemIdentifier":""}]}`, total},
		"NullID":         {`{"batchItemFailures":[{"itemIdentifier":null}]}`, total},
		"NumberID":       {`{"batchItemFailures":[{"itemIdentifier":1}]}`, total},
		"WrongKey":       {`{"batchItemFailures":[{"ItemIdentifier":"id-poison-1"}]}`, total},
		"NullItem":       {`{"batchItemFailures":[null]}`, total},
		"UnknownID":      {`{"batchItemFailures":[{"itemIdentifier":"id-poison-1"},{"itemIdentifier":"id-else-7"}]}`, total},
		"ListIsNone":     {`{"batchItemFailures":"id-poison-1"}`, total},
		"ItemIsNoObject": {`{"batchItemFailures":["id-poison-1"]}`, total},
		"Text":           {`"done"`, total},
		"NotJSON":        {`done`, total},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := newQueue("good", "poison")
				m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: says(row.answer), ReportBatchItemFailures: true})
				synctest.Wait()
				stop()
				visible, flying, deleted := q.state()
				require.Empty(t, visible)
				require.Equal(t, row.deleted, deleted)
				require.Equal(t, 2-len(deleted), flying, "the others are left to their visibility timeout")
				require.Equal(t, 1, m.Counts().Batches)
				require.Equal(t, len(deleted), m.Counts().Deleted)
			})
		})
	}
}

func TestAnswerIsIgnored(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("good", "poison")
		_, stop := run(t, lambdasim.MappingConfig{Source: q, Function: says(`{"batchItemFailures":[{"itemIdentifier":"id-poison-1"}]}`)})
		synctest.Wait()
		stop()
		_, _, deleted := q.state()
		require.Equal(t, []string{"good", "poison"}, deleted, "without ReportBatchItemFailures no error deletes everything")
	})
}

func TestRedelivery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a", "b")
		var times []string
		fails := true
		m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: invoker(func(_ context.Context, e events.SQSEvent) (lambdasim.Result, error) {
			for _, r := range e.Records {
				times = append(times, r.Attributes["ApproximateReceiveCount"])
			}
			if fails {
				fails = false
				return lambdasim.Result{Error: &lambdasim.FunctionError{Type: "t", Message: "m"}}, nil
			}
			return lambdasim.Result{}, nil
		})})
		synctest.Wait()
		_, flying, deleted := q.state()
		require.Equal(t, 2, flying)
		require.Empty(t, deleted)
		q.expire()
		synctest.Wait()
		stop()
		require.Equal(t, []string{"1", "1", "2", "2"}, times)
		_, _, deleted = q.state()
		require.ElementsMatch(t, []string{"a", "b"}, deleted)
		c := m.Counts()
		require.Equal(t, 1, c.FailedBatches)
		require.Equal(t, 4, c.Messages)
		require.Equal(t, 2, c.Receives)
		require.Equal(t, 1, c.Deletes)
	})
}

// sizes collects the sizes of batches.
type sizes struct {
	mu   sync.Mutex
	list []int
}

func (s *sizes) Invoke(_ context.Context, event []byte) (lambdasim.Result, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, strings.Count(string(event), `"messageId"`))
	return lambdasim.Result{}, nil
}

// solo gives all messages to one poller: who comes while another receives waits for good.
type solo struct {
	*queue
	busy atomic.Bool
}

func (s *solo) Receive(ctx context.Context, most int, wait time.Duration) ([]events.SQSMessage, error) {
	if !s.busy.CompareAndSwap(false, true) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	defer s.busy.Store(false)
	return s.queue.Receive(ctx, most, wait)
}

func TestBatches(t *testing.T) {
	t.Parallel()
	megabytes := make([]string, 7)
	for i := range megabytes {
		megabytes[i] = strings.Repeat("<", 1<<20)
	}
	const second = time.Second
	for name, row := range map[string]struct {
		size   int
		window time.Duration
		sent   map[time.Duration][]string // by time after the start
		want   []int
		units  int // of receives with messages and of deletes
	}{
		"OneReceiveEach": {0, 0, map[time.Duration][]string{0: names(23)}, []int{10, 10, 3}, 6},
		"Small":          {4, 0, map[time.Duration][]string{0: names(6)}, []int{4, 2}, 4},
		"GatheredFull":   {25, second, map[time.Duration][]string{0: names(27)}, []int{25, 2}, 3 + 3 + 1 + 1},
		"GatheredByTime": {25, second, map[time.Duration][]string{0: names(3), second / 2: names(4), 2 * second: names(1)}, []int{7, 1}, 3 + 2},
		"SmallWindow":    {5, second, map[time.Duration][]string{0: names(3), second / 2: names(4)}, []int{5, 2}, 3 + 2},
		"CutAtPayload":   {25, second, map[time.Duration][]string{0: megabytes}, []int{5, 2}, 7*16 + 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q, s := newQueue(), &sizes{}
				m, stop := run(t, lambdasim.MappingConfig{
					Source: &solo{queue: q}, Function: s, BatchSize: row.size, Window: row.window, MaximumConcurrency: 2, Growth: time.Hour,
				})
				synctest.Wait()
				begin := time.Now()
				for _, at := range slices.Sorted(maps.Keys(row.sent)) {
					time.Sleep(at - time.Since(begin))
					q.send(row.sent[at]...)
				}
				time.Sleep(10 * second)
				stop()
				require.Equal(t, row.want, s.list)
				c := m.Counts()
				require.Equal(t, len(row.want), c.Batches)
				require.Equal(t, row.units, c.Units-c.EmptyReceives)
			})
		})
	}
}

// Names, types and values of attributes are billed with the body, in pieces of 64 KB.
func TestUnits(t *testing.T) {
	t.Parallel()
	for over, units := range map[int]int{0: 1, 1: 2} {
		synctest.Test(t, func(t *testing.T) {
			q, text := newQueue(strings.Repeat("b", 32<<10)), "value"
			q.visible[0].MessageAttributes = map[string]events.SQSMessageAttribute{
				"text":  {DataType: "String", StringValue: &text},
				"bytes": {DataType: "Binary", BinaryValue: make([]byte, 32<<10-len("textStringvaluebytesBinary")+over)},
			}
			m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: says("")})
			synctest.Wait()
			c := m.Counts()
			stop()
			require.Equal(t, units+1, c.Units, "and one delete")
		})
	}
}

func TestIdlePollers(t *testing.T) {
	t.Parallel()
	for concurrency, pollers := range map[int]int{0: 5, 2: 2, 5: 5, 100: 5} {
		t.Run(fmt.Sprint(concurrency), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				m, stop := run(t, lambdasim.MappingConfig{Source: newQueue(), Function: says(""), MaximumConcurrency: concurrency})
				time.Sleep(time.Hour - time.Second)
				c := m.Counts()
				stop()
				require.Equal(t, pollers*(3*60-1), c.EmptyReceives, "three in a minute")
				require.Equal(t, c.EmptyReceives, c.Units)
				require.Equal(t, pollers, c.Pollers)
			})
		})
	}
}

func TestScaling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		busy := invoker(func(context.Context, events.SQSEvent) (lambdasim.Result, error) {
			<-gate
			return lambdasim.Result{}, nil
		})
		q := newQueue(names(20)...)
		m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: busy, BatchSize: 1, MaximumConcurrency: 8})
		synctest.Wait()
		require.Equal(t, 6, m.Counts().Batches, "five to begin with, and the first addition")
		time.Sleep(lambdasim.GrowthTime)
		synctest.Wait()
		require.Equal(t, 7, m.Counts().Batches)
		time.Sleep(time.Minute)
		require.Equal(t, 8, m.Counts().Batches, "never more than the limit")
		require.Equal(t, 8, m.Counts().Pollers)
		close(gate)
		time.Sleep(time.Minute + time.Second)
		before := m.Counts().EmptyReceives
		time.Sleep(time.Minute)
		require.Equal(t, 5*3, m.Counts().EmptyReceives-before, "the additional ones leave when there is nothing to do")
		stop()
		require.Equal(t, 20, m.Counts().Deleted)
	})
}

func TestThrottled(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		refusals int
		deleted  []string
		dropped  int
	}{
		"ForAWhile": {3, []string{"a"}, 0},
		"TooLong":   {1 << 30, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q, left := newQueue("a"), row.refusals
				f := invoker(func(context.Context, events.SQSEvent) (lambdasim.Result, error) {
					if left--; left >= 0 {
						return lambdasim.Result{}, fault.New(fault.Throttled, "full")
					}
					return lambdasim.Result{}, nil
				})
				m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: f, Visibility: 10 * time.Second})
				time.Sleep(time.Minute)
				stop()
				_, _, deleted := q.state()
				require.Equal(t, row.deleted, deleted)
				c := m.Counts()
				require.Equal(t, row.dropped, c.Dropped)
				require.Equal(t, row.dropped, c.FailedBatches)
				require.Equal(t, min(row.refusals, 100), c.Throttled, "ten in a second")
			})
		})
	}
}

func TestRequestsFail(t *testing.T) {
	t.Parallel()
	t.Run("Receive", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			q := newQueue("a")
			q.deaf = 7
			m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: says("")})
			time.Sleep(5 * time.Second)
			stop()
			require.Equal(t, 7, m.Counts().ReceiveErrors)
			require.Equal(t, 1, m.Counts().Deleted)
		})
	})
	for stuck, deleted := range map[int]int{1: 1, 2: 1, 3: 0} {
		t.Run(fmt.Sprintf("Delete%d", stuck), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := newQueue("a")
				m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: invoker(func(context.Context, events.SQSEvent) (lambdasim.Result, error) {
					q.mu.Lock()
					defer q.mu.Unlock()
					q.stuck = stuck
					return lambdasim.Result{}, nil
				})})
				synctest.Wait()
				stop()
				require.Equal(t, stuck, m.Counts().DeleteErrors)
				require.Equal(t, deleted, m.Counts().Deleted)
				require.Equal(t, stuck+deleted, m.Counts().Deletes)
			})
		})
	}
}

// What is at work when a mapping stops is worked off and deleted.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue("a")
		m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: invoker(func(ctx context.Context, _ events.SQSEvent) (lambdasim.Result, error) {
			time.Sleep(time.Minute)
			return lambdasim.Result{}, ctx.Err()
		})})
		synctest.Wait()
		stop()
		q.send("b")
		require.Equal(t, 1, m.Counts().Deleted)
		visible, _, _ := q.state()
		require.Equal(t, []string{"b"}, visible)
	})
}

func TestMappingRefusesWhatLambdaRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*lambdasim.MappingConfig){
		"NoSource":       func(c *lambdasim.MappingConfig) { c.Source = nil },
		"NoFunction":     func(c *lambdasim.MappingConfig) { c.Function = nil },
		"BatchNegative":  func(c *lambdasim.MappingConfig) { c.BatchSize = -1 },
		"BatchTooLarge":  func(c *lambdasim.MappingConfig) { c.BatchSize, c.Window = 10_001, time.Second },
		"BatchNoWindow":  func(c *lambdasim.MappingConfig) { c.BatchSize, c.Window = 11, time.Second-1 },
		"WindowNegative": func(c *lambdasim.MappingConfig) { c.Window = -1 },
		"WindowTooLong":  func(c *lambdasim.MappingConfig) { c.Window = 301 * time.Second },
		"ConcurrencyOne": func(c *lambdasim.MappingConfig) { c.MaximumConcurrency = 1 },
		"ConcurrencyTop": func(c *lambdasim.MappingConfig) { c.MaximumConcurrency = 1001 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := lambdasim.MappingConfig{Source: newQueue(), Function: says("")}
			change(&config)
			_, err := lambdasim.NewMapping(config)
			require.ErrorIs(t, err, fault.Invalid)
		})
	}
}

// A real process is killed at work; its messages come back and are done by another.
func TestKilledProcessLosesNothing(t *testing.T) {
	t.Parallel()
	w := setup(t, "items")
	sign := filepath.Join(t.TempDir(), "sign")
	q := newQueue("wait:"+sign, "good", "poison")
	m, stop := run(t, lambdasim.MappingConfig{Source: q, Function: w, ReportBatchItemFailures: true, MaximumConcurrency: 2})
	seen(t, sign)
	live := w.Environments()
	require.Len(t, live, 1)
	require.NoError(t, w.Kill(live[0].ID))
	require.Eventually(t, func() bool { return m.Counts().FailedBatches == 1 }, time.Minute, time.Millisecond)
	_, flying, deleted := q.state()
	require.Equal(t, 3, flying)
	require.Empty(t, deleted)
	q.expire()
	require.Eventually(t, func() bool { return m.Counts().Deleted == 2 }, time.Minute, time.Millisecond)
	stop()
	visible, flying, deleted := q.state()
	require.ElementsMatch(t, []string{"wait:" + sign, "good"}, deleted)
	require.Empty(t, visible)
	require.Equal(t, 1, flying, "the one that failed")
	require.Equal(t, 1, m.Counts().FailedItems)
	require.Equal(t, 2, w.Stats().ColdStarts)
}
