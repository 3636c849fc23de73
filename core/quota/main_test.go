package quota_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain fixes the seed of the property tests, so that every run checks the same cases; -rapid.seed chooses others.
func TestMain(m *testing.M) {
	if err := flag.Set("rapid.seed", "20261010"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
