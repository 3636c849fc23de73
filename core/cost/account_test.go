package cost_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestAccountMoves(t *testing.T) {
	t.Parallel()
	full := cost.Account{Granted: 100, Drawn: 10, Held: 20, Settled: 30, Presumed: 15} // 25 free
	over := cost.Account{Granted: 100, Held: 5, Settled: 102, Overrun: 7}
	for _, c := range []struct {
		name string
		from cost.Account
		move func(cost.Account) (cost.Account, error)
		want cost.Account
	}{
		{
			"Grant", full, func(a cost.Account) (cost.Account, error) { return a.Grant(5) },
			cost.Account{Granted: 105, Drawn: 10, Held: 20, Settled: 30, Presumed: 15},
		},
		{
			"ReturnAllFree", full, func(a cost.Account) (cost.Account, error) { return a.Return(25) },
			cost.Account{Granted: 75, Drawn: 10, Held: 20, Settled: 30, Presumed: 15},
		},
		{
			"DrawAllFree", full, func(a cost.Account) (cost.Account, error) { return a.Draw(25) },
			cost.Account{Granted: 100, Drawn: 35, Held: 20, Settled: 30, Presumed: 15},
		},
		{
			"UndrawAll", full, func(a cost.Account) (cost.Account, error) { return a.Undraw(10) },
			cost.Account{Granted: 100, Held: 20, Settled: 30, Presumed: 15},
		},
		{
			"HoldAllFree", full, func(a cost.Account) (cost.Account, error) { return a.Hold(25) },
			cost.Account{Granted: 100, Drawn: 10, Held: 45, Settled: 30, Presumed: 15},
		},
		{
			"SettleBelowHold", full, func(a cost.Account) (cost.Account, error) { return a.Settle(20, 3) },
			cost.Account{Granted: 100, Drawn: 10, Settled: 33, Presumed: 15},
		},
		{
			"SettleAboveHoldFromFree", full, func(a cost.Account) (cost.Account, error) { return a.Settle(20, 45) },
			cost.Account{Granted: 100, Drawn: 10, Settled: 75, Presumed: 15},
		},
		{
			"SettleBeyondFreeOverruns", full, func(a cost.Account) (cost.Account, error) { return a.Settle(20, 52) },
			cost.Account{Granted: 100, Drawn: 10, Settled: 82, Presumed: 15, Overrun: 7},
		},
		{
			"SettleOfNothing", full, func(a cost.Account) (cost.Account, error) { return a.Settle(20, 0) },
			cost.Account{Granted: 100, Drawn: 10, Settled: 30, Presumed: 15},
		},
		{
			"SettleAfterOverrun", over, func(a cost.Account) (cost.Account, error) { return a.Settle(5, 6) },
			cost.Account{Granted: 100, Settled: 108, Overrun: 8},
		},
		{
			"Void", full, func(a cost.Account) (cost.Account, error) { return a.Void(20) },
			cost.Account{Granted: 100, Drawn: 10, Settled: 30, Presumed: 15},
		},
		{
			"Presume", full, func(a cost.Account) (cost.Account, error) { return a.Presume(20) },
			cost.Account{Granted: 100, Drawn: 10, Settled: 30, Presumed: 35},
		},
		{
			"AdjustDown", full, func(a cost.Account) (cost.Account, error) { return a.Adjust(15, 4) },
			cost.Account{Granted: 100, Drawn: 10, Held: 20, Settled: 34},
		},
		{
			"AdjustToNothing", full, func(a cost.Account) (cost.Account, error) { return a.Adjust(15, 0) },
			cost.Account{Granted: 100, Drawn: 10, Held: 20, Settled: 30},
		},
		{
			"AdjustBeyondFreeOverruns", full, func(a cost.Account) (cost.Account, error) { return a.Adjust(15, 41) },
			cost.Account{Granted: 100, Drawn: 10, Held: 20, Settled: 71, Overrun: 1},
		},
		{
			"AdjustOfNothingPresumed", full, func(a cost.Account) (cost.Account, error) { return a.Adjust(0, 5) },
			cost.Account{Granted: 100, Drawn: 10, Held: 20, Settled: 35, Presumed: 15},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.move(c.from)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.NoError(t, got.Check())
		})
	}
}

func TestAccountRefuses(t *testing.T) {
	t.Parallel()
	full := cost.Account{Granted: 100, Drawn: 10, Held: 20, Settled: 30, Presumed: 15} // 25 free
	over := cost.Account{Granted: 100, Settled: 90, Overrun: 7}                        // 17 free
	vast := cost.Account{Granted: math.MaxInt64, Held: 1, Presumed: 1, Settled: math.MaxInt64 - 2}
	odd := cost.Account{Granted: 3, Overrun: 50} // more free than granted
	corrupt := cost.Account{Granted: 1, Held: 2}
	for _, c := range []struct {
		name string
		from cost.Account
		move func(cost.Account) (cost.Account, error)
		kind fault.Kind
	}{
		{"GrantNegative", full, func(a cost.Account) (cost.Account, error) { return a.Grant(-1) }, fault.Invalid},
		{"GrantOverflow", vast, func(a cost.Account) (cost.Account, error) { return a.Grant(1) }, fault.Overflow},
		{"GrantOverflowWithOverrun", over, func(a cost.Account) (cost.Account, error) { return a.Grant(math.MaxInt64 - 100) }, fault.Overflow},
		{"ReturnNegative", full, func(a cost.Account) (cost.Account, error) { return a.Return(-1) }, fault.Invalid},
		{"ReturnMoreThanFree", full, func(a cost.Account) (cost.Account, error) { return a.Return(26) }, fault.Budget},
		{"ReturnMoreThanGranted", odd, func(a cost.Account) (cost.Account, error) { return a.Return(4) }, fault.Budget},
		{"DrawNegative", full, func(a cost.Account) (cost.Account, error) { return a.Draw(-1) }, fault.Invalid},
		{"DrawMoreThanFree", full, func(a cost.Account) (cost.Account, error) { return a.Draw(26) }, fault.Budget},
		{"UndrawNegative", full, func(a cost.Account) (cost.Account, error) { return a.Undraw(-1) }, fault.Invalid},
		{"UndrawMoreThanDrawn", full, func(a cost.Account) (cost.Account, error) { return a.Undraw(11) }, fault.Corrupt},
		{"HoldNegative", full, func(a cost.Account) (cost.Account, error) { return a.Hold(-1) }, fault.Invalid},
		{"HoldNothing", full, func(a cost.Account) (cost.Account, error) { return a.Hold(0) }, fault.Invalid},
		{"HoldMoreThanFree", full, func(a cost.Account) (cost.Account, error) { return a.Hold(26) }, fault.Budget},
		{"HoldAfterOverrun", over, func(a cost.Account) (cost.Account, error) { return a.Hold(1) }, fault.Budget},
		{"SettleNegativeHold", full, func(a cost.Account) (cost.Account, error) { return a.Settle(-1, 1) }, fault.Invalid},
		{"SettleNegativeActual", full, func(a cost.Account) (cost.Account, error) { return a.Settle(1, -1) }, fault.Invalid},
		{"SettleMoreThanHeld", full, func(a cost.Account) (cost.Account, error) { return a.Settle(21, 1) }, fault.Corrupt},
		{"SettleOverflow", vast, func(a cost.Account) (cost.Account, error) { return a.Settle(1, 2) }, fault.Overflow},
		{"VoidNegative", full, func(a cost.Account) (cost.Account, error) { return a.Void(-1) }, fault.Invalid},
		{"VoidMoreThanHeld", full, func(a cost.Account) (cost.Account, error) { return a.Void(21) }, fault.Corrupt},
		{"PresumeNegative", full, func(a cost.Account) (cost.Account, error) { return a.Presume(-1) }, fault.Invalid},
		{"PresumeMoreThanHeld", full, func(a cost.Account) (cost.Account, error) { return a.Presume(21) }, fault.Corrupt},
		{"AdjustNegative", full, func(a cost.Account) (cost.Account, error) { return a.Adjust(1, -1) }, fault.Invalid},
		{"AdjustMoreThanPresumed", full, func(a cost.Account) (cost.Account, error) { return a.Adjust(16, 1) }, fault.Corrupt},
		{"AdjustOverflow", vast, func(a cost.Account) (cost.Account, error) { return a.Adjust(1, math.MaxInt64) }, fault.Overflow},
		{"CorruptGrant", corrupt, func(a cost.Account) (cost.Account, error) { return a.Grant(5) }, fault.Corrupt},
		{"CorruptReturn", corrupt, func(a cost.Account) (cost.Account, error) { return a.Return(0) }, fault.Corrupt},
		{"CorruptDraw", corrupt, func(a cost.Account) (cost.Account, error) { return a.Draw(0) }, fault.Corrupt},
		{"CorruptUndraw", corrupt, func(a cost.Account) (cost.Account, error) { return a.Undraw(0) }, fault.Corrupt},
		{"CorruptHold", corrupt, func(a cost.Account) (cost.Account, error) { return a.Hold(1) }, fault.Corrupt},
		{"CorruptSettle", corrupt, func(a cost.Account) (cost.Account, error) { return a.Settle(1, 1) }, fault.Corrupt},
		{"CorruptVoid", corrupt, func(a cost.Account) (cost.Account, error) { return a.Void(1) }, fault.Corrupt},
		{"CorruptPresume", corrupt, func(a cost.Account) (cost.Account, error) { return a.Presume(1) }, fault.Corrupt},
		{"CorruptAdjust", corrupt, func(a cost.Account) (cost.Account, error) { return a.Adjust(0, 1) }, fault.Corrupt},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := c.move(c.from)
			require.ErrorIs(t, err, c.kind)
			require.Equal(t, c.from, got, "an error must leave the account as it was")
		})
	}
}

func TestAccountCheck(t *testing.T) {
	t.Parallel()
	require.NoError(t, cost.Account{}.Check())
	require.NoError(t, cost.Account{Granted: math.MaxInt64, Settled: math.MaxInt64}.Check())
	require.NoError(t, cost.Account{Granted: 1, Overrun: 2, Drawn: 1, Held: 1, Presumed: 1}.Check())
	for name, a := range map[string]cost.Account{
		"NegativeGranted":   {Granted: -1},
		"NegativeDrawn":     {Granted: 5, Drawn: -1},
		"NegativeHeld":      {Granted: 5, Held: -1},
		"NegativeSettled":   {Granted: 5, Settled: -1},
		"NegativePresumed":  {Granted: 5, Presumed: -1},
		"NegativeOverrun":   {Granted: 5, Overrun: -1},
		"TooMuchDrawn":      {Granted: 5, Drawn: 6},
		"TooMuchInAll":      {Granted: 5, Overrun: 1, Drawn: 2, Held: 2, Settled: 2, Presumed: 1},
		"SumOfAllOverflows": {Granted: 5, Drawn: math.MaxInt64, Held: math.MaxInt64, Settled: 8},
		"GrantOverflows":    {Granted: math.MaxInt64, Overrun: 1},
	} {
		require.ErrorIs(t, a.Check(), fault.Corrupt, name)
	}
}

func TestAccountJSON(t *testing.T) {
	t.Parallel()
	a := cost.Account{Granted: cost.Dollar, Drawn: 1, Held: 2, Settled: 3, Presumed: 4, Overrun: 5}
	text, err := json.Marshal(a)
	require.NoError(t, err)
	require.JSONEq(t, `{"granted":"1.000000000000","drawn":"0.000000000001","held":"0.000000000002",
		"settled":"0.000000000003","presumed":"0.000000000004","overrun":"0.000000000005"}`, string(text))
	var back cost.Account
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, a, back)
}

// TestAccountGuarantee runs any sequence of moves, right and wrong ones, with small amounts and huge ones: the account
// stays valid, an error changes nothing, and money is neither made nor lost beside what the moves say.
func TestAccountGuarantee(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.OneOf(rapid.Int64Range(-2, 60), rapid.Just(int64(math.MaxInt64)), rapid.Int64())
		var a cost.Account
		var spent cost.Pico // what Settle and Adjust were told
		for range rapid.IntRange(1, 60).Draw(t, "moves") {
			move := rapid.IntRange(0, 8).Draw(t, "move")
			n, m := cost.Pico(amount.Draw(t, "n")), cost.Pico(amount.Draw(t, "m"))
			next, err := apply(a, move, n, m)
			if err != nil {
				require.Equal(t, a, next)
				require.NotErrorIs(t, err, fault.Internal)
				continue
			}
			if move == 5 || move == 8 {
				spent += m
			}
			require.NoError(t, next.Check())
			require.GreaterOrEqual(t, next.Free(), cost.Pico(0))
			require.GreaterOrEqual(t, next.Overrun, a.Overrun)
			require.Equal(t, spent, next.Settled)
			require.LessOrEqual(t, next.Free(), next.Granted, "overrun is spent, so it is never free")
			a = next
		}
	})
}

func apply(a cost.Account, move int, n, m cost.Pico) (cost.Account, error) {
	switch move {
	case 0:
		return a.Grant(n)
	case 1:
		return a.Return(n)
	case 2:
		return a.Draw(n)
	case 3:
		return a.Undraw(n)
	case 4:
		return a.Hold(n)
	case 5:
		return a.Settle(n, m)
	case 6:
		return a.Void(n)
	case 7:
		return a.Presume(n)
	default:
		return a.Adjust(n, m)
	}
}
