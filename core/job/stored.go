package job

import (
	"crypto/sha256"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

const answerLayout = 1

// Stored is an answer as it is kept: written once, the moment it arrives, before anything is settled by it. Whoever
// resolves the attempt later needs nothing else: neither the plan nor the worker that made the call.
type Stored struct {
	Ordinal, Attempt int
	// Verdict is the judgement; its Output is the content when accepted, else the answer's own text.
	Verdict Verdict
	Stop    StopReason
	// Usage is what the provider counted; UsageOK false means it cannot be trusted and the hold is presumed spent.
	Usage   cost.Usage
	UsageOK bool
	// Unbilled is true when the provider bills nothing for this answer; its hold is voided.
	Unbilled bool
	// Model, MessageID and RequestID are as the provider sent them.
	Model, MessageID, RequestID string
	// At is when the answer arrived, Took how long the call lasted.
	At   time.Time
	Took time.Duration

	// sum is the content's hash once it has been asked for.
	sum [32]byte
}

// Content is the SHA-256 of an accepted answer's output; zero for any other. The first call works it out and keeps it:
// make that call before the value is shared.
func (s *Stored) Content() [32]byte {
	if s.Verdict.Outcome == Accepted && s.sum == ([32]byte{}) {
		s.sum = sha256.Sum256(s.Verdict.Output)
	}
	return s.sum
}

// Pack returns the stored form.
func (s *Stored) Pack() []byte {
	w := pack(answerLayout, 192+len(s.Verdict.Output)+len(s.Verdict.Detail))
	w.count(s.Ordinal)
	w.count(s.Attempt)
	w.text(string(s.Verdict.Outcome))
	packCode(w, s.Verdict.Code)
	w.text(s.Verdict.Detail)
	w.count(len(s.Verdict.Flags))
	for _, f := range s.Verdict.Flags {
		w.text(f)
	}
	w.text(string(s.Stop))
	for _, n := range []int64{s.Usage.Input, s.Usage.CacheWrite5m, s.Usage.CacheWrite1h, s.Usage.CacheRead, s.Usage.Output} {
		w.num(n)
	}
	w.flag(s.UsageOK)
	w.flag(s.Unbilled)
	w.text(s.Model)
	w.text(s.MessageID)
	w.text(s.RequestID)
	w.instant(s.At)
	w.num(int64(s.Took))
	w.bytes(s.Verdict.Output)
	return w.done()
}

// UnpackStored reads a stored answer. Its Output is part of body: neither may be written to. Errors: Corrupt, Newer.
func UnpackStored(body []byte) (*Stored, error) {
	r, err := unpack("answer", answerLayout, body)
	if err != nil {
		return nil, err
	}
	s := &Stored{Ordinal: r.count(maxTasks), Attempt: r.count(maxAttempts)}
	s.Verdict.Outcome = oneOf(&r, Accepted, Again, Failed)
	s.Verdict.Code = unpackCode(&r)
	s.Verdict.Detail = r.text()
	if n := r.length(1); n > 0 {
		s.Verdict.Flags = make([]string, n)
		for i := range s.Verdict.Flags {
			s.Verdict.Flags[i] = r.text()
		}
	}
	s.Stop = oneOf(&r, StopEndTurn, StopMaxTokens, StopSequence, StopRefusal)
	for _, n := range []*int64{&s.Usage.Input, &s.Usage.CacheWrite5m, &s.Usage.CacheWrite1h, &s.Usage.CacheRead, &s.Usage.Output} {
		*n = r.num()
	}
	s.UsageOK, s.Unbilled = r.flag(), r.flag()
	s.Model, s.MessageID, s.RequestID = r.text(), r.text(), r.text()
	s.At, s.Took = r.instant(), time.Duration(r.num())
	if s.Verdict.Output = r.bytes(); len(s.Verdict.Output) == 0 {
		s.Verdict.Output = nil
	}
	if err := r.done("answer"); err != nil {
		return nil, err
	}
	if o := s.Verdict.Outcome; o != Accepted && o != Again && o != Failed {
		return nil, fault.New(fault.Corrupt, "answer: outcome %.20q does not exist", o)
	}
	return s, nil
}
