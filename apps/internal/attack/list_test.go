package attack

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// attack is one row of the list.
type attack struct {
	number int
	name   string
	run    func(t *testing.T)
	// alone is for cases that measure the process.
	alone bool
}

// TestAttacks runs the list. It is not parallel, so that a case which is alone has the process for itself.
func TestAttacks(t *testing.T) {
	list := [][]attack{tokens(), tenants(), receivers(), inputs(), outputs(), browsers(), letters()}
	seen := map[int]bool{}
	for _, section := range list {
		for _, a := range section {
			require.False(t, seen[a.number], "case %d is there twice", a.number)
			seen[a.number] = true
			t.Run(fmt.Sprintf("%02d %s", a.number, a.name), func(t *testing.T) {
				if !a.alone {
					t.Parallel()
				}
				tally.note(t, a.number)
				a.run(t)
			})
		}
	}
	require.Len(t, seen, cases)
}
