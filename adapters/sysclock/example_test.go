package sysclock_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// One call that panics fails alone; the others finish, and the errors come in the order of the calls.
func ExampleGroup() {
	err := sysclock.Group{}.Run(context.Background(), 3, func(_ context.Context, i int) error {
		switch i {
		case 0:
			return errors.New("the first one failed")
		case 2:
			panic("lost my way")
		}
		return nil
	})
	fmt.Println(err)
	fmt.Println(errors.Is(err, fault.Internal))
	// Output:
	// the first one failed
	// sysclock: call 2 panicked: lost my way
	// true
}
