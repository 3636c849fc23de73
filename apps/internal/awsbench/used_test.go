//go:build services

package awsbench

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
)

// Prices of us-east-1 in USD, of November 2026, from AWS's price lists: a write and a read unit of an on-demand table, a request
// of a standard queue and what a message group adds, a GB-second and an invocation on arm64, a byte of logs.
const (
	usdWrite, usdRead          = 0.625e-6, 0.125e-6
	usdSQS, usdFair            = 0.40e-6, 0.10e-6
	usdGBSecond, usdInvocation = 1.33334e-5, 0.20e-6
	usdLogByte                 = 0.5e-9
)

// used is what one page took.
type used struct {
	write, read, sqs, empty, gbs, invocations, logs float64
	lost, busiest                                   float64
	// wireWrite and wireRead are the units that answers named.
	wireWrite, wireRead float64
	key                 string
}

// used divides what everything took by the pages. Units of capacity are those that the functions and the submitter were told by the
// table, or have worked out where it says nothing, or too little. They are held against what went by on the wire.
func (a *account) used(pages int) used {
	db, _ := a.taps["dynamodb"].seen()
	queue, _ := a.taps["sqs"].seen()
	n := float64(pages)
	idle := float64(a.mapping.Counts().EmptyReceives)
	u := used{
		write: (a.output.metric("StoreWriteUnits") + float64(a.own.write.Load())) / n,
		read:  (a.output.metric("StoreReadUnits") + float64(a.own.read.Load())) / n,
		sqs:   (float64(queue.all()) - idle) / n, empty: idle / n,
		gbs: time.Duration(a.billed.Load()).Seconds() * float64(a.memory) / 1024 / n, invocations: float64(a.invocations.Load()) / n,
		logs: float64(a.output.bytes()) / n,
		lost: 100 * float64(db.lost) / float64(max(db.writes, 1)), wireWrite: db.writing / n, wireRead: db.reading / n,
	}
	u.key, u.busiest = db.busiest()
	// Of a transaction DynamoDB Local tells what one of its records takes, of a query that finds nothing that it takes nothing.
	assert.LessOrEqual(a.t, db.writing/n, u.write, "write units on the wire and those that were told")
	assert.LessOrEqual(a.t, db.reading/n, u.read, "read units on the wire and those that were told")
	a.t.Logf("DynamoDB %v, SQS %v, mapping %+v, invocations %d", db.requests, queue.requests, a.mapping.Counts(), a.invocations.Load())
	return u
}

// usd is what 1,000 pages cost.
func (u used) usd() float64 {
	return 1000 * (usdWrite*u.write + usdRead*u.read + (usdSQS+usdFair)*(u.sqs+u.empty) + usdGBSecond*u.gbs +
		usdInvocation*u.invocations + usdLogByte*u.logs)
}

func (u used) print(name string) {
	bench(name+"/write-units", fmt.Sprintf("%.2f", u.write), "per-page")
	bench(name+"/read-units", fmt.Sprintf("%.2f", u.read), "per-page")
	bench(name+"/wire-write-units", fmt.Sprintf("%.2f", u.wireWrite), "per-page (DynamoDB Local names one record's of a transaction)")
	bench(name+"/wire-read-units", fmt.Sprintf("%.2f", u.wireRead), "per-page")
	bench(name+"/sqs-requests", fmt.Sprintf("%.3f", u.sqs), "per-page")
	bench(name+"/sqs-empty-receives", fmt.Sprintf("%.3f", u.empty), "per-page")
	bench(name+"/gb-seconds", fmt.Sprintf("%.4f", u.gbs), "per-page")
	bench(name+"/log-bytes", fmt.Sprintf("%.0f", u.logs), "per-page")
	bench(name+"/usd", fmt.Sprintf("%.4f", u.usd()), "per-1000-pages")
	bench(name+"/lost-conditions", fmt.Sprintf("%.2f", u.lost), "%-of-writes")
	bench(name+"/busiest-record", fmt.Sprintf("%.2f", u.busiest), "%-of-writes ("+u.key+")")
}
