//go:build services

package awsbench

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// spread is a latency of which nearly all answers take 5 to 20 s.
const spread = 10 * time.Second

// TestCost measures what a page takes of AWS, by what the servers and the emulator say, and holds it to the aims. Latencies are
// real: how many results are settled together depends on them.
func TestCost(t *testing.T) {
	cells := []cell{{pages: 1_300, latency: spread}}
	if *full {
		cells = []cell{
			{pages: 130, latency: spread}, {pages: 1_300, latency: spread}, {pages: 13_000, latency: spread},
			{pages: 1_300, latency: 5 * time.Second, name: "5s"}, {pages: 1_300, latency: 20 * time.Second, name: "20s"},
		}
	}
	results := make([]used, len(cells))
	t.Run("cells", func(t *testing.T) {
		for i, c := range cells {
			t.Run(c.path(), func(t *testing.T) {
				// They wait for answers most of the time.
				t.Parallel()
				results[i] = c.measure(t)
			})
		}
	})
	if *full {
		for i, large := range results[1:3] {
			small, what := results[i], fmt.Sprintf("%d pages", cells[i+1].pages)
			assert.LessOrEqual(t, large.usd(), small.usd()*1.1, what)
			assert.LessOrEqual(t, large.write, small.write*1.1, what)
			assert.LessOrEqual(t, large.read, small.read*1.1, what)
			assert.LessOrEqual(t, large.sqs, small.sqs*1.1, what)
		}
		assert.LessOrEqual(t, results[2].usd(), results[0].usd(), "a page of 13,000 costs no more than one of 130")
	}
}

// cell is one size of a job at one latency.
type cell struct {
	pages   int
	latency time.Duration
	name    string
}

func (c cell) path() string {
	if c.name == "" {
		return fmt.Sprintf("aws/%d", c.pages)
	}
	return fmt.Sprintf("aws/%d-%s", c.pages, c.name)
}

func (c cell) measure(t *testing.T) used {
	a := newAccount(t, deployment{
		claude: claudesim.Options{Latency: c.latency, RPM: 5_000, ITPM: 10_000_000, OTPM: 5_000_000}, sweep: time.Minute,
	})
	b := a.generate(c.pages, 40*time.Minute)
	a.rest()
	u := a.used(b.progress.Job.Layout.Tasks)
	if b.progress.Presumed == 0 {
		a.settled(b)
	} else {
		// One answer in a hundred takes five times as long as the others. Of those, one in 160 takes longer than a call may, and one
		// in three where answers take 20 s.
		a.nothingLost(b.progress)
		if c.latency < 20*time.Second {
			assert.LessOrEqual(t, int(a.sim.Bill().Requests)-b.progress.Job.Layout.Tasks, 2+c.pages/2_000, "calls that took too long")
		}
	}
	u.print(c.path())
	bench(c.path()+"/wall", fmt.Sprintf("%.0f", b.took.Seconds()), "s")
	assert.LessOrEqual(t, u.write, 5.5, "write units per page")
	if c.latency < 20*time.Second {
		assert.LessOrEqual(t, u.read, 2.5, "read units per page; whoever waits for longer looks more often")
	}
	assert.LessOrEqual(t, u.sqs, 0.2, "SQS requests per page")
	if c.pages >= 1_300 {
		assert.LessOrEqual(t, u.sqs+u.empty, 0.2, "SQS requests per page, with receives that found nothing: they are a matter of time, not of pages")
	}
	most := map[string]float64{"5s": 0.006, "": 0.0075, "20s": 0.009}
	assert.LessOrEqual(t, u.usd(), most[c.name], "USD per 1,000 pages")
	return u
}

// settled makes sure that a job without a fault came to what was billed, to the last pico-dollar.
func (a *account) settled(b books) {
	t := a.t
	p := b.progress
	require.Equal(t, job.StateCompleted, p.Job.State, "%v", p.Counts)
	require.Equal(t, job.Counts{job.TaskCompleted: p.Job.Layout.Tasks}, p.Counts)
	report, err := a.engine.Verify(t.Context(), p.Job.ID)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	bill := a.sim.Bill()
	require.Zero(t, p.Presumed)
	require.EqualValues(t, bill.Total, p.Settled, "what is settled is what was billed")
	require.EqualValues(t, bill.Requests, p.Job.Layout.Tasks)
	require.Zero(t, a.failures.Load(), "failed invocations")
	for _, secret := range []string{key, email} {
		require.False(t, a.output.contains(secret), "an output shows %s", secret)
	}
}
