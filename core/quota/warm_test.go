package quota_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/quota"
)

func prefixed(owner, prefix string) quota.Ask {
	return quota.Ask{Owner: owner, Calls: 25, Within: 20 * time.Second, Prefix: prefix}
}

// TestOneCallWarmsAPrefix: the first call with a prefix goes ahead, the others wait for it and then all go.
func TestOneCallWarmsAPrefix(t *testing.T) {
	t.Parallel()
	p, g := quota.Provider{}.Ask(noon(), prefixed("a", "p"))
	require.True(t, g.Warms)
	require.Len(t, g.Starts, 1)

	_, held := p.Ask(seconds(1), prefixed("b", "p"))
	require.Equal(t, quota.Grant{Reason: quota.HeldByPrefix, Again: seconds(9)}, held)
	_, other := p.Ask(seconds(1), prefixed("b", "q"))
	require.True(t, other.Warms, "another prefix has a call of its own")
	_, plain := p.Ask(seconds(1), prefixed("b", ""))
	require.Len(t, plain.Starts, 25)

	t.Run("StoredItIsForAll", func(t *testing.T) {
		t.Parallel()
		p := p.Take(seconds(5), quota.Report{Calls: 1, OKAt: seconds(5), Prefix: "p", PrefixAt: seconds(0)})
		_, g := p.Ask(seconds(6), prefixed("b", "p"))
		require.Len(t, g.Starts, 25)
		require.False(t, g.Warms)
		_, g = p.Ask(seconds(239), prefixed("b", "p"))
		require.Len(t, g.Starts, 25)
		_, g = p.Ask(seconds(241), prefixed("b", "p"))
		require.True(t, g.Warms, "after five minutes less the margin it is cold")
		used := p.Take(seconds(200), quota.Report{Calls: 1, OKAt: seconds(200), Prefix: "p", PrefixAt: seconds(190)})
		_, g = used.Ask(seconds(400), prefixed("b", "p"))
		require.False(t, g.Warms, "each use keeps it")
		require.Equal(t, used, used.Take(seconds(201), quota.Report{Prefix: "p", PrefixAt: seconds(100)}))
	})

	t.Run("AFailedCallLetsTheNextTry", func(t *testing.T) {
		t.Parallel()
		still := p.Take(seconds(5), quota.Report{Prefix: "p", Owner: "somebody"})
		_, g := still.Ask(seconds(6), prefixed("b", "p"))
		require.Equal(t, quota.HeldByPrefix, g.Reason)
		_, g = p.Take(seconds(5), quota.Report{Prefix: "p", Owner: "a"}).Ask(seconds(6), prefixed("b", "p"))
		require.True(t, g.Warms)
	})

	t.Run("ALostCallIsNotWaitedForForEver", func(t *testing.T) {
		t.Parallel()
		_, g := p.Ask(noon().Add(quota.ProbeTime), prefixed("b", "p"))
		require.True(t, g.Warms)
	})

	t.Run("TheRecordStaysSmall", func(t *testing.T) {
		t.Parallel()
		p := p
		for i := range 1000 {
			p = p.Take(noon(), quota.Report{Prefix: fmt.Sprint(i), PrefixAt: noon()})
		}
		require.LessOrEqual(t, len(p.Warm), 32)
		require.Equal(t, "999", p.Warm[0].Prefix)
	})
}

// TestRetryBudget: ten percent of the first attempts, six a minute, and no more than sixty saved up.
func TestRetryBudget(t *testing.T) {
	t.Parallel()
	ask := func(p quota.Provider, at time.Time, calls, retries int) (quota.Provider, quota.Grant) {
		return p.Ask(at, quota.Ask{Owner: "a", Calls: calls, Retries: retries, Within: 20 * time.Second})
	}
	p, g := ask(quota.Provider{}, noon(), 100, 100)
	require.Equal(t, quota.RetryBurst, g.Retries)
	require.Equal(t, seconds(10), g.RetryAt)
	_, g = ask(p, seconds(9), 10, 10)
	require.Zero(t, g.Retries)
	require.Len(t, g.Starts, 10)
	_, g = ask(p, seconds(60), 10, 10)
	require.Equal(t, 6, g.Retries, "six a minute")
	for range 10 {
		p, _ = ask(p, noon(), 25, 0)
	}
	_, g = ask(p, noon(), 100, 100)
	require.Equal(t, 25, g.Retries, "one for ten")

	far := quota.Provider{Retries: quota.Retries{Next: noon().AddDate(1, 0, 0)}}
	_, g = ask(far, noon(), 5, 5)
	require.Equal(t, 5, g.Retries, "a time that cannot be true counts as none")
}
