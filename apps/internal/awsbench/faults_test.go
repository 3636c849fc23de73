//go:build services

package awsbench

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// TestFaults breaks two in a hundred requests of every transport, four ways alike (refused, failed, cut off before and after), and
// kills workers at work: no page is lost, none paid for twice in the books, and what is on the bill is in the books.
func TestFaults(t *testing.T) {
	t.Parallel()
	const rate = 0.02
	a := newAccount(t, deployment{
		claude: claudesim.Options{
			// Answers take a second or two, so that there is time for many kills.
			Speed: 5, RPM: 100_000, ITPM: 200_000_000, OTPM: 100_000_000, Latency: 8 * time.Second,
			Faults: claudesim.Faults{Status429: rate / 4, Status500: rate / 4, ResetBefore: rate / 4, ResetAfter: rate / 4},
		},
		faults: rate, kill: 4 * time.Second, sweep: 10 * time.Second,
		// A killed worker's messages and leases come back soon.
		set: map[string]string{
			"MB_FUNCTION_TIMEOUT": "40s", "MB_CALL_TIMEOUT": "15s", "MB_MARGIN": "1s", "MB_LEASE": "", "MB_VISIBILITY": "45s",
			"MB_FLUSH_BEFORE": "5s",
		},
	})
	b := a.generate(1_300, 20*time.Minute)
	a.rest()
	p := b.progress
	bench("aws/faults/wall", fmt.Sprintf("%.0f", b.took.Seconds()), "s")
	bench("aws/faults/kills", a.kills, "workers")
	for _, service := range []string{"dynamodb", "sqs", "ssm"} {
		traffic, broken := a.taps[service].seen()
		if service != "ssm" {
			assert.Positive(t, broken, service)
		}
		bench("aws/faults/"+service, broken, fmt.Sprintf("broken-of-%d", traffic.all()))
	}
	bill := a.sim.Bill()
	bench("aws/faults/settled", p.Settled, "USD")
	bench("aws/faults/billed", cost.Pico(bill.Total), "USD")
	bench("aws/faults/presumed", p.Presumed, "USD")
	assert.Positive(t, a.kills)
	a.nothingLost(p)
}

// nothingLost makes sure that a job with faults has lost nothing: each page has ended, each call on the bill is in the books, once.
func (a *account) nothingLost(p engine.Progress) {
	t := a.t
	require.Equal(t, job.StateCompleted, p.Job.State, "%v", p.Counts)
	require.Equal(t, job.Counts{job.TaskCompleted: p.Job.Layout.Tasks}, p.Counts)
	report, err := a.engine.Verify(t.Context(), p.Job.ID)
	require.NoError(t, err)
	require.Empty(t, report.Problems)
	settles, answers, presumes := map[int]int{}, map[string]int{}, 0
	require.NoError(t, a.engine.Ledger(t.Context(), p.Job.ID, func(line engine.Line) error {
		switch line.Kind {
		case cost.EntrySettle:
			settles[line.Ordinal]++
			answers[line.RequestID]++
		case cost.EntryPresume:
			presumes++
		}
		return nil
	}))
	// Every answer of the simulator is a good page, so that each is settled once; each settle is of another request.
	require.Len(t, settles, p.Job.Layout.Tasks)
	require.Len(t, answers, p.Job.Layout.Tasks)
	for ordinal, n := range settles {
		require.Equal(t, 1, n, "page %d is paid for once", ordinal)
	}
	// What is made again was cut off: by the death of a worker, with all its calls, or by a fault of the provider.
	bill, stats := a.sim.Bill(), a.sim.Stats()
	most := a.kills*a.deployed.Calls + int(stats.Received)/20
	bench("aws/faults/presumed-calls", presumes, "calls")
	assert.LessOrEqual(t, presumes, most)
	assert.LessOrEqual(t, int(bill.Requests)-p.Job.Layout.Tasks, most, "calls that were billed beside those of the pages")
	assert.LessOrEqual(t, int64(p.Settled), int64(bill.Total), "what is settled was billed")
	assert.GreaterOrEqual(t, int64(p.Settled+p.Presumed), int64(bill.Total), "what was billed is settled or presumed")
	assert.LessOrEqual(t, int64(p.Settled+p.Presumed), int64(p.Job.Cap))
	for _, secret := range []string{key, email} {
		assert.False(t, a.output.contains(secret), "an output shows %s", secret)
	}
}
