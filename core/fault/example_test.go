package fault_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// An adapter gives its error a kind; whoever handles it decides by the kind and by what travels with it.
func Example() {
	call := func() error {
		return fault.New(fault.Throttled, "claudemodel: call claude-haiku-5-5: rate limit").After(7 * time.Second)
	}
	err := fmt.Errorf("page 12, attempt 2: %w", call())
	if errors.Is(err, fault.Throttled) && !fault.Unknown(err) {
		fmt.Println("not billed, again after", fault.RetryAfter(err))
	}
	fmt.Println(err)
	// Output:
	// not billed, again after 7s
	// page 12, attempt 2: claudemodel: call claude-haiku-5-5: rate limit
}
