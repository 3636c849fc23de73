package retry_test

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/retry"
)

// A call times out again and again: each time nobody knows whether it was billed, and after the fifth it is over.
func Example() {
	policy := retry.Policy{Base: time.Second, Cap: time.Minute}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	var used retry.Count
	for {
		decision := policy.Next(retry.Limits{}, used, retry.Unknown, now, 0, 0.5)
		used = decision.Count
		if !decision.Retry {
			fmt.Println("given up after", used.Unknown)
			break
		}
		fmt.Println("again after", decision.At.Sub(now))
		now = decision.At
	}
	// Output:
	// again after 500ms
	// again after 1s
	// again after 2s
	// again after 4s
	// given up after 5
}
