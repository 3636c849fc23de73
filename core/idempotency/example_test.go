package idempotency_test

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/idempotency"
)

// The same key three times: the request, its repeat, and another request that took a key in use.
func Example() {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	request := idempotency.Of([]byte("catalog"), []byte("keyword-service-area"))
	fmt.Println(idempotency.Decide(nil, now, request))

	record := idempotency.Remember("job-1", request, now)
	now = now.Add(time.Minute)
	fmt.Println(idempotency.Decide(&record, now, request), record.Job)
	fmt.Println(idempotency.Decide(&record, now, idempotency.Of([]byte("another catalog"))))
	fmt.Println(idempotency.Decide(&record, now.Add(idempotency.Keep), request))
	// Output:
	// new
	// repeat job-1
	// conflict
	// new
}
