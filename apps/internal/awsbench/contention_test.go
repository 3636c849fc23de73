//go:build services

package awsbench

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// TestContention has many workers on one job: how often they lose against each other, and whether one record takes too many of the
// writes. DynamoDB Local never reports a TransactionConflict and answers in a few milliseconds, so that real workers meet more often:
// claudebench shows the same with 30 ms between reading and writing.
func TestContention(t *testing.T) {
	size, workers := 1_300, 10
	if *full {
		size, workers = 13_000, 100
	} else {
		t.Parallel()
	}
	a := newAccount(t, deployment{
		claude:  claudesim.Options{Latency: 5 * time.Second, RPM: 20_000, ITPM: 100_000_000, OTPM: 50_000_000},
		workers: workers, sweep: time.Minute,
	})
	b := a.generate(size, 40*time.Minute)
	a.rest()
	db, _ := a.taps["dynamodb"].seen()
	a.settled(b)
	name := fmt.Sprintf("aws/contention/%d-workers", workers)
	lost := 100 * float64(db.lost) / float64(max(db.writes, 1))
	key, busiest := db.busiest()
	bench(name+"/lost-conditions", fmt.Sprintf("%.2f", lost), fmt.Sprintf("%%-of-%d-updates (DynamoDB Local never reports TransactionConflict)", db.writes))
	bench(name+"/busiest-record", fmt.Sprintf("%.2f", busiest), "%-of-writes ("+key+")")
	bench(name+"/wall", fmt.Sprintf("%.0f", b.took.Seconds()), "s")
	assert.LessOrEqual(t, lost, 5.0, "conditions that did not hold, in % of all updates")
	if *full {
		assert.LessOrEqual(t, busiest, 5.0, "the busiest record's share of all writes in %")
	}
}
