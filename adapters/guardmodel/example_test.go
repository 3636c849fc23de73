package guardmodel_test

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// A provider that fails is left alone after the second time.
func Example() {
	model := says(fault.New(fault.Overloaded, "the provider: 529 overloaded"))
	guard := guardmodel.New(model, sysclock.Clock{}, &guardmodel.Options{Failures: 2})
	for range 3 {
		reply, err := guard.Call(context.Background(), request)
		fmt.Printf("tripped %v: %.59s\n", reply.Tripped, err)
	}
	fmt.Println(model.calls.Load(), "requests were sent")
	// Output:
	// tripped false: the provider: 529 overloaded
	// tripped true: the provider: 529 overloaded
	// tripped true: guardmodel: call claude-haiku-5-5: not made: the breaker is
	// 2 requests were sent
}
