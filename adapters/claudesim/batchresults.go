package claudesim

import (
	"net/http"
	"slices"
)

// resultLine is one line of a batch's results.
type resultLine struct {
	CustomID string     `json:"custom_id"`
	Result   lineResult `json:"result"`
}

type lineResult struct {
	Type    lineOutcome    `json:"type"`
	Message *message       `json:"message,omitempty"`
	Error   *errorEnvelope `json:"error,omitempty"`
}

// serveBatchResults answers GET /v1/messages/batches/{id}/results: JSON lines in an order that has nothing to
// do with that of the requests, and is the same each time.
func (s *Sim) serveBatchResults(w http.ResponseWriter, r *http.Request) {
	b := s.batchCall(w, r)
	if b == nil {
		return
	}
	lines, e := s.resultLines(b)
	if e != nil {
		s.refuse(w, e)
		return
	}
	f := s.draw([]byte(b.id+"/results"), groupResults)
	s.stats.fault(f.fault)
	w.Header().Set("Content-Type", "application/x-jsonl")
	w.WriteHeader(http.StatusOK)
	for i, line := range lines {
		whole := append(encode(s.result(b, line)), '\n')
		if f.fault == FaultBatchResultsCut && i >= len(lines)/2 {
			_, _ = w.Write(whole[:len(whole)/2]) // the connection is given up either way
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
		s.bill.answered(line.receipt, true)
		if _, err := w.Write(whole); err != nil {
			s.bill.answered(line.receipt, false)
			return
		}
	}
}

// resultLines is the lines that the results of a batch have: shuffled, some twice, some missing.
func (s *Sim) resultLines(b *batch) ([]*batchLine, *apiError) {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	switch {
	case b.counts == nil:
		return nil, invalid("Message Batch %s has no results yet: it is still being processed", b.id)
	case s.clock.seconds() >= b.created+batchKept:
		return nil, notFound("The results of Message Batch " + b.id + " are no longer available")
	}
	lines := make([]*batchLine, 0, len(b.lines))
	for _, line := range b.lines {
		switch line.fault {
		case FaultBatchMissing:
		case FaultBatchDuplicate:
			lines = append(lines, line, line)
		default:
			lines = append(lines, line)
		}
	}
	shuffled := slices.Clone(lines)
	for i, from := range b.hash.stream(streamText).Perm(len(lines)) {
		shuffled[i] = lines[from]
	}
	return shuffled, nil
}

// result is what became of a line. The outcome of a line of an ended batch never changes.
func (s *Sim) result(b *batch, line *batchLine) resultLine {
	shown := resultLine{CustomID: line.id, Result: lineResult{Type: line.outcome}}
	switch line.outcome {
	case lineSucceeded:
		a, err := s.answerLine(b, line)
		if err != nil {
			panic("claudesim: a line that was answered is not valid any more: " + err.Error()) // a bug here
		}
		shown.Result.Message = &a.message
	case lineErrored:
		envelope := line.refusal.envelope("")
		shown.Result.Error = &envelope
	}
	return shown
}
