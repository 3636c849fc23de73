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
	require.Equal(t, "all businesses in 2031-02: $500.00, $0.00 granted to businesses, $500.00 left\n", f.run("budget", "--month", "2031-02", "--set", "500").want(exitDone).stdout)
	require.Equal(t, `{"business":"b","month":"2031-02","limit_usd":"12.500000000000","used_usd":"0.000000000000","left_usd":"12.500000000000"}`+"\n",
		f.run("budget", "--business", "b", "--month", "2031-02", "--set", "12.5", "--json").want(exitDone).stdout)
	f.run("budget", "--month", "May").want(exitUsage).complains(`--month "May" is no month`)
	f.run("budget", "--month", "2031-02", "--set", "0").want(exitUsage).complains("--set 0 leaves nothing to spend")

	// It bounds the jobs of a store on this machine too.
	s.env = map[string]string{keyVariable: "sk-secret"}
	s.run(s.making()...).want(exitDone)
	spent := s.sim.Bill().Total
	require.Regexp(t, `: no budget, \$0\.\d+ given to its jobs, which return what they do not spend\n`, s.run(s.on("budget", "--business", "corner-bakery")...).want(exitDone).stdout)
	require.Contains(t, s.run(s.on("budget", "--business", "corner-bakery", "--json")...).want(exitDone).stdout, `"used_usd":"`+spent.String()+`","left_usd":"0.000000000000"`)
	s.run(s.on("budget", "--business", "corner-bakery", "--set", "0.1")...).want(exitDone)
	s.run(s.making("--cap", "0.2")...).want(exitUsage).complains("budget of business corner-bakery for ", " --business corner-bakery --month ")
}
