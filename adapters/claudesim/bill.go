package claudesim

import "sync"

// Bill is the totals of what was billed.
type Bill struct {
	// Requests is the number of billed requests; Answered is how many of them were delivered whole.
	Requests, Answered int64
	// Total is what all of them cost, AnsweredTotal what the delivered ones cost.
	Total, AnsweredTotal PicoUSD
	// Batched is how many of the requests were lines of batches, BatchedTotal what those cost.
	Batched      int64
	BatchedTotal PicoUSD
	// CacheWriteTokens and CacheReadTokens are the prompt tokens that were written to the cache and read from it.
	CacheWriteTokens, CacheReadTokens int64
}

// Charge is one billed request.
type Charge struct {
	// RequestID is that of the call; of a batch's line, that of the call that created the batch.
	RequestID, Model string
	// Batch is true for a line of a batch, which BatchID and CustomID name.
	Batch                     bool
	BatchID, CustomID         string
	InputTokens, OutputTokens int64
	// CacheWriteTokens and CacheReadTokens are the rest of the prompt, beside InputTokens.
	CacheWriteTokens, CacheReadTokens int64
	Amount                            PicoUSD
	// Fault is what was injected, FaultNone for a healthy answer.
	Fault Fault
	// Answered is true once the whole body, or the line of a batch's results, was written to a connected client.
	Answered bool
}

// keptCharges is how many charges are kept for a look; the totals count all.
const keptCharges = 1000

// bill adds up charges. Each reset begins a new run, and what ends late from an earlier run is left out.
type bill struct {
	limit PicoUSD

	mu     sync.Mutex
	run    int
	sums   Bill
	recent []*Charge
	next   int
}

// receipt is a charge on the bill of one run; nil is a receipt for nothing.
type receipt struct {
	run    int
	charge *Charge
}

// reached tells whether the spend cap is used up.
func (b *bill) reached() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.full()
}

func (b *bill) full() bool { return b.limit > 0 && b.sums.Total >= b.limit }

// add bills a request, unless the spend cap has been reached: ok is false then.
func (b *bill) add(c Charge) (r *receipt, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.full() {
		return nil, false
	}
	b.sums.Requests++
	b.sums.Total += c.Amount
	b.sums.CacheWriteTokens += c.CacheWriteTokens
	b.sums.CacheReadTokens += c.CacheReadTokens
	if c.Batch {
		b.sums.Batched++
		b.sums.BatchedTotal += c.Amount
	}
	if len(b.recent) < keptCharges {
		b.recent = append(b.recent, &c)
	} else {
		b.recent[b.next] = &c
		b.next = (b.next + 1) % keptCharges
	}
	return &receipt{run: b.run, charge: &c}, true
}

// answered marks a charge as delivered, or takes the mark back.
func (b *bill) answered(r *receipt, delivered bool) {
	if r == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.run != b.run || r.charge.Answered == delivered {
		return
	}
	r.charge.Answered = delivered
	if delivered {
		b.sums.Answered++
		b.sums.AnsweredTotal += r.charge.Amount
	} else {
		b.sums.Answered--
		b.sums.AnsweredTotal -= r.charge.Amount
	}
}

func (b *bill) totals() Bill {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sums
}

func (b *bill) latest() []Charge {
	b.mu.Lock()
	defer b.mu.Unlock()
	charges := make([]Charge, 0, len(b.recent))
	for i := range b.recent {
		charges = append(charges, *b.recent[(b.next+i)%len(b.recent)])
	}
	return charges
}

func (b *bill) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.run++
	b.sums, b.recent, b.next = Bill{}, nil, 0
}
