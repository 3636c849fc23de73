package cost_test

import (
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// A call's money: the worst case is held before it, the actual usage settled after it, and both stand in a ledger whose
// end is known.
func Example() {
	const model = "claude-haiku-5-5"
	prices := cost.Prices()
	budget, _ := cost.ParseUSD("0.01")
	account, _ := cost.Account{}.Grant(budget)

	bound, _ := prices.Bound(model, cost.Realtime, cost.NoCache, 6000, 4096)
	account, _ = account.Hold(bound)
	fmt.Println("held   ", account.Held, "free", account.Free())

	usage := cost.Usage{Input: 5843, Output: 1859}
	actual, _ := prices.Cost(model, cost.Realtime, usage)
	account, _ = account.Settle(bound, actual)
	fmt.Println("settled", account.Settled, "free", account.Free())

	terms := cost.Terms{Model: model, Lane: cost.Realtime, PriceVersion: prices.Version()}
	head, stored, _ := cost.Head{}.Append(cost.Block{
		First: 1, At: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Round: 1,
		Entries: []cost.Entry{
			{Kind: cost.EntryHold, Ordinal: 0, Attempt: 1, Amount: bound, Terms: terms},
			{Kind: cost.EntrySettle, Ordinal: 0, Attempt: 1, Amount: actual, Terms: terms, Usage: usage, RequestID: "req_1"},
		},
	})
	fmt.Println("ledger ends with entry", head.Seq)

	stored[70] ^= 1
	_, _, err := cost.Head{}.Follow(stored)
	fmt.Println(err)
	// Output:
	// held    0.002648000000 free 0.007352000000
	// settled 0.001513800000 free 0.008486200000
	// ledger ends with entry 2
	// cost: ledger entries 1 to 2: hash: the block does not fit the chain
}

func ExampleParseUSD() {
	amount, err := cost.ParseUSD("12.5")
	fmt.Println(amount, err)
	_, err = cost.ParseUSD("1e3")
	fmt.Println(err)
	// Output:
	// 12.500000000000 <nil>
	// cost: "1e3" is not an amount in dollars: write digits and at most 12 decimals, for example 12 or 0.5
}

func ExampleTable_Cost() {
	for _, prompt := range []int64{100_000, 100_001} {
		price, _ := cost.Prices().Cost("claude-haiku-5-5", cost.Realtime, cost.Usage{Input: prompt, Output: 1000})
		fmt.Println(prompt, "prompt tokens:", price, "USD")
	}
	// Output:
	// 100000 prompt tokens: 0.010500000000 USD
	// 100001 prompt tokens: 0.052500500000 USD
}
