package claudesim

import (
	"cmp"
	"math"
	"slices"
)

const (
	// batchSpread is the spread of the time that a batch takes.
	batchSpread = 0.35
	// earliestLine is the part of a batch's time before which none of its lines is done.
	earliestLine = 0.1
)

// schedule draws when each line is finished: spread over the batch's time, the last of them at its end.
func (s *Sim) schedule(b *batch) {
	span := s.batchMedian() * logNormal(b.hash.stream(streamLatency), batchSpread)
	latest := 0.0
	for _, line := range b.lines {
		line.finish = line.fate.stream(streamBatchTime).Float64()
		latest = max(latest, line.finish)
	}
	for _, line := range b.lines {
		part := 1.0
		if latest > 0 {
			part = earliestLine + (1-earliestLine)*line.finish/latest
		}
		line.finish = b.created + span*part
	}
	b.byTime = slices.Clone(b.lines)
	slices.SortStableFunc(b.byTime, func(x, y *batchLine) int { return cmp.Compare(x.finish, y.finish) })
	b.canceled = math.Inf(1)
	b.ends = min(b.created+span, b.created+batchLife)
}

// batchMedian is the median time of a batch in simulated seconds.
func (s *Sim) batchMedian() float64 {
	if s.options.BatchTime == NoLatency {
		return 0
	}
	return s.options.BatchTime.Seconds()
}

// advance does what batches have done by now. Nothing works on them in the background: whoever looks at
// anything that a batch changes calls this first, and what it finds is dated as if it had been done in time.
func (s *Sim) advance() {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	s.batches.work(s, s.clock.seconds())
}

// work finishes lines in the order of their times, over all batches, up to now. The caller holds the lock.
func (b *batches) work(s *Sim, now float64) {
	for {
		first := b.earliest(now)
		if first == nil {
			break
		}
		line := first.byTime[first.next]
		first.next++
		s.finish(first, line)
	}
	b.open = slices.DeleteFunc(b.open, func(open *batch) bool {
		if now < open.ends {
			return false
		}
		open.end()
		return true
	})
}

// earliest is the batch whose next line is finished first, if any is by now.
func (b *batches) earliest(now float64) *batch {
	var first *batch
	for _, open := range b.open {
		if open.next == len(open.byTime) {
			continue
		}
		finish := open.byTime[open.next].finish
		if finish > now || finish > open.closes() {
			continue
		}
		if first == nil || finish < first.byTime[first.next].finish {
			first = open
		}
	}
	return first
}

// finish does one line: only one that succeeds is billed, at the moment when it is finished.
func (s *Sim) finish(b *batch, line *batchLine) {
	switch line.fault {
	case FaultBatchErrored:
		line.outcome, line.refusal = lineErrored, injected(Fault500)
		return
	case FaultBatchExpired:
		line.outcome = lineExpired
		return
	}
	q, err := s.parseLine(line.params, b.long)
	if err != nil {
		line.outcome, line.refusal = lineErrored, asAPIError(err)
		return
	}
	a := s.cacheLine(b, line, q)
	if !a.free {
		charge := a.charge(line.fate.fault)
		charge.RequestID, charge.BatchID, charge.CustomID = b.requestID, b.id, line.id
		if charge.Fault == FaultNone {
			charge.Fault = line.fault
		}
		receipt, ok := s.bill.add(charge)
		if !ok {
			line.outcome, line.refusal = lineErrored, spendCapReached()
			return
		}
		line.receipt = receipt
	}
	line.outcome = lineSucceeded
}

// cacheLine answers a line as if its call had begun as long before its end as a call takes. Batches find the
// prefixes they could only at a rate of their own: their lines are done in many places at once.
func (s *Sim) cacheLine(b *batch, line *batchLine, q *request) answer {
	const worst, best = 0.3, 0.98 // Anthropic's page on batches, August 2026
	rate := between(b.hash.stream(streamCache), worst, best)
	mode := line.fate.fault.cacheMode()
	if mode == cacheWorks && line.fate.stream(streamCache).Float64() >= rate {
		mode = cacheCold
	}
	d := s.draft(q, line.fate)
	p := s.pace(q.model, d.output, line.fate)
	began := max(b.created, line.finish-p.first-p.rest)
	q.use = s.cache.plan(q, began, mode)
	s.cache.refresh(q.use)
	s.cache.publish(q.use, min(began+p.first, line.finish))
	line.used = q.use.tokens
	return d.answer(q, line.fate)
}

// answerLine composes the answer to a line that has succeeded. It is composed anew instead of being kept: the
// same fate writes the same answer.
func (s *Sim) answerLine(b *batch, line *batchLine) (answer, error) {
	q, err := s.parseLine(line.params, b.long)
	if err != nil {
		return answer{}, err
	}
	q.use.tokens = line.used
	return s.compose(q, line.fate), nil
}
