package engine_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// templated is a probe whose tasks come from two templates, the first half from one and the rest from the other, with
// sizes that it knows without making requests. Wrong is by how much it is wrong about them.
type templated struct {
	probe
	wrong int64
	// prefix is what it claims that its requests share, in bytes.
	prefix int64
}

func (k *templated) Open(input []byte) (job.Plan, error) {
	plan, err := k.probe.Open(input)
	if err != nil {
		return nil, err
	}
	return &templatedPlan{plan, k}, nil
}

type templatedPlan struct {
	job.Plan
	kind *templated
}

func (p *templatedPlan) Measure(ordinal int) (string, int64) {
	r := p.Request(ordinal, job.Try{Attempt: 1})
	name := "en"
	if ordinal >= p.Size()/2 {
		name = "es"
	}
	return name, int64(len(r.System)+len(r.Prompt)) + p.kind.wrong
}

func (p *templatedPlan) Estimate() job.Estimate {
	n := int64(p.Size())
	e := job.Estimate{
		Model: "claude-haiku-5-5", InputBound: 1000 * n, InputMax: 1000, OutputBound: 1000 * n, OutputExpected: 400 * n, OutputP95: 500 * n,
		Parts: []job.Part{{Template: "en", Tasks: n / 2}, {Template: "es", Tasks: n - n/2}},
	}
	for i := range p.Size() {
		part := &e.Parts[0]
		template, bytes := p.Measure(i)
		if template == "es" {
			part = &e.Parts[1]
		}
		part.Bytes += bytes
		part.Prefix = p.kind.prefix
		part.OutputExpected += 400
		part.OutputP95 += 500
	}
	e.InputExpected = (e.Parts[0].Bytes + e.Parts[1].Bytes) * 2 / 5
	return e
}

// startTemplated is a world whose main process does templated work.
func startTemplated(t *testing.T, kind *templated) *world {
	w := newWorld(t, nil)
	var err error
	w.main.Engine, err = engine.New(engine.Ports{
		Store: w.store, Queue: w.mail, Model: w.oracle, Clock: w.coop, Group: w.coop, IDs: w.ids, Observer: w.seen,
	}, []job.Kind{kind}, nil)
	require.NoError(t, err)
	return w
}

// verbose answers with outputs around 400 tokens times the hidden factor of the task's half, and prompts of 500 tokens.
func verbose(seed uint64, tasks int, first, second float64) func(plea) said {
	return func(p plea) said {
		factor := first
		if p.ordinal >= tasks/2 {
			factor = second
		}
		rng := rand.New(rand.NewPCG(seed, uint64(p.ordinal*10+p.n)))
		said := ok()
		if rng.IntN(20) == 0 && p.n < 3 {
			said = again("OUTPUT_INVALID")
		}
		said.usage = cost.Usage{Input: 500, Output: min(1000, int64(400*factor*math.Exp(0.3*rng.NormFloat64())))}
		return said
	}
}

// near expects two amounts to differ by at most the part of the first.
func near(t *testing.T, want, got cost.Pico, part float64, why ...any) {
	t.Helper()
	require.InEpsilon(t, int64(want), int64(got), part, why...)
}

// TestOutlook: once 100 tasks have ended, the total that is expected of the job is within a tenth of the bill in the end,
// whatever the model's answers are longer or shorter by.
func TestOutlook(t *testing.T) {
	t.Parallel()
	const tasks = 400
	for i, test := range []struct {
		first, second float64
	}{{0.6, 0.6}, {0.8, 0.8}, {1, 1}, {1.3, 1.3}, {1.6, 1.6}, {0.6, 1.6}, {1.6, 0.6}} {
		t.Run(fmt.Sprintf("%v,%v", test.first, test.second), func(t *testing.T) {
			t.Parallel()
			w := startTemplated(t, &templated{})
			w.oracle.script = verbose(uint64(i), tasks, test.first, test.second)
			id := w.submit(tasks)
			look := func() engine.Outlook {
				o, err := w.main.Outlook(w.ctx, id)
				require.NoError(t, err)
				return o
			}
			before := look()
			require.False(t, before.Measured)
			require.Zero(t, before.Spent)
			require.Equal(t, tasks, before.Open)
			var measured []engine.Outlook
			for len(w.mail.due()) > 0 {
				w.do(func() { w.settleOne(w.mail.due()[0]) })
				o := look()
				require.Equal(t, o.Ended >= 100, o.Measured)
				if o.Measured && o.Open > 0 {
					measured = append(measured, o)
				}
			}
			require.Equal(t, job.StateCompleted, w.rest(id).State)
			bill := look()
			require.Equal(t, bill.Spent, bill.Cost.Expected)
			require.Greater(t, len(measured), 5)
			for _, o := range measured {
				near(t, bill.Spent, o.Cost.Expected, 0.1)
				require.Less(t, o.Cost.Expected, o.Cost.P95)
				require.Less(t, o.Cost.P95, o.Cost.Worst)
				require.LessOrEqual(t, bill.Spent, o.Cost.Worst)
			}
			near(t, bill.Spent, measured[len(measured)/2].Cost.P95, 0.1)
		})
	}
	w := newWorld(t, small())
	_, err := w.main.Outlook(w.ctx, "none")
	require.ErrorIs(t, err, fault.NotFound)
	id := w.submit(4)
	o, err := w.main.Outlook(w.ctx, id)
	require.NoError(t, err)
	require.Equal(t, 4, o.Open)
	require.Positive(t, o.Cost.Expected)
	w.kind.version++
	_, err = w.start(nil).Outlook(w.ctx, id)
	require.ErrorIs(t, err, fault.Conflict)
}

// TestOutlookOfFewAnswers: of a template with few answers among the first hundred, those few tell more than what was
// expected of it, or than the answers to another one.
func TestOutlookOfFewAnswers(t *testing.T) {
	t.Parallel()
	const tasks = 400
	for i, factors := range [][2]float64{{0.6, 1.6}, {1.6, 0.6}, {1, 1}} {
		w := startTemplated(t, &templated{})
		w.oracle.script = verbose(uint64(i), tasks, factors[0], factors[1])
		id := w.submit(tasks)
		letters := fanOut(w)
		work := func(parcels ...int) engine.Outlook {
			for _, l := range letters {
				if slices.Contains(parcels, parcelOf(t, l)) {
					w.do(func() { w.settleOne(l) })
				}
			}
			o, err := w.main.Outlook(w.ctx, id)
			require.NoError(t, err)
			require.GreaterOrEqual(t, o.Ended, 100)
			return o
		}
		require.False(t, work(0, 1, 2, 3, 4).Measured, "nothing is known of the second half")
		o := work(15)
		require.True(t, o.Measured)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		bill, err := w.main.Outlook(w.ctx, id)
		require.NoError(t, err)
		near(t, bill.Spent, o.Cost.Expected, 0.05, "%v", factors)
		require.Greater(t, o.Cost.P95, o.Cost.Expected)
		require.Less(t, o.Cost.P95, o.Cost.Expected*5/4, "and they make it surer")
	}
}

// TestOutlookOfTwoLanes: what a batch has left is expected at the price of the lane that it will be made in.
func TestOutlookOfTwoLanes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, small())
	id := w.submit(200, auto(2*time.Hour))
	w.batches.took = w.job(id).BatchUntil.Sub(w.now) * 10 / 7
	look := func() engine.Outlook {
		o, err := w.main.Outlook(w.ctx, id)
		require.NoError(t, err)
		return o
	}
	for !look().Measured {
		w.minute()
	}
	o := look()
	require.Greater(t, o.Open, 50)
	require.Equal(t, job.StateCompleted, w.rest(id).State)
	near(t, look().Spent, o.Cost.Expected, 0.01)
}
