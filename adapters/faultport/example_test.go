package faultport_test

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// The second notice arrives, and nobody learns of it.
func Example() {
	plan := faultport.NewPlan(nil, faultport.Rule{Method: "Notifier.Notify", Nth: 2, Effect: faultport.LoseAck})
	inbox := &porttest.Recorder{}
	notifier := plan.Notifier(inbox)
	for _, id := range []string{"a", "b", "c"} {
		err := notifier.Notify(context.Background(), ports.Notice{ID: id})
		fmt.Println(id, "failed:", err != nil, "unknown:", fault.Unknown(err))
	}
	fmt.Println(len(inbox.Notices()), "arrived,", plan.Calls()["Notifier.Notify"], "calls")
	// Output:
	// a failed: false unknown: false
	// b failed: true unknown: true
	// c failed: false unknown: false
	// 3 arrived, 3 calls
}
