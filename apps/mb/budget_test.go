package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBudgetOfAMonth(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	require.Equal(t, "all businesses in 2031-02: no budget\n", f.run("budget", "--month", "2031-02").want(exitDone).stdout)
	require.Equal(t, "all businesses in 2031-02: $500.0000\n", f.run("budget", "--month", "2031-02", "--set", "500").want(exitDone).stdout)
	require.Equal(t, `{"business":"b","month":"2031-02","limit_usd":"12.500000000000"}`+"\n",
		f.run("budget", "--business", "b", "--month", "2031-02", "--set", "12.5", "--json").want(exitDone).stdout)
	f.run("budget", "--month", "May").want(exitUsage).complains(`--month "May" is no month`)
	f.run("budget", "--month", "2031-02", "--set", "0").want(exitUsage).complains("--set 0 leaves nothing to spend")

	// It bounds the jobs of a store on this machine too.
	s.env = map[string]string{keyVariable: "sk-secret"}
	s.run(s.making()...).want(exitDone)
	require.Contains(t, s.run(s.on("budget", "--business", "corner-bakery")...).want(exitDone).stdout, ": no budget\n")
	s.run(s.on("budget", "--business", "corner-bakery", "--set", "0.1")...).want(exitDone)
	s.run(s.making("--cap", "0.2")...).want(exitUsage).complains("budget of tenant corner-bakery for ")
}
