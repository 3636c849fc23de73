package quota_test

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/quota"
)

// Five calls at once, of which the provider takes two and then one per second; and what happens when it fails.
func Example() {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	p := quota.Provider{Requests: quota.Bucket{Rate: quota.Rate{Burst: 2, PerMinute: 62}}}
	for range 5 {
		var start time.Time
		p, start = p.Reserve(now, quota.Need{Requests: 1})
		fmt.Println("call after", start.Sub(now))
	}

	p.Breaker = p.Breaker.Report(now, false, "overloaded", 0)
	for _, wait := range []time.Duration{9 * time.Second, 10 * time.Second, 11 * time.Second} {
		var verdict quota.Verdict
		p.Breaker, verdict = p.Breaker.Ask(now.Add(wait), fmt.Sprint("worker after ", wait))
		fmt.Println(wait, verdict)
	}
	// Output:
	// call after 0s
	// call after 0s
	// call after 1s
	// call after 2s
	// call after 3s
	// 9s wait
	// 10s probe
	// 11s wait
}
