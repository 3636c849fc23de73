package job

import (
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

const parcelLayout = 1

// The known codes are one byte in a packed record; another kind's own code is written out.
var packedCodes = [...]Code{
	"", CodeProviderUnavailable, CodeProviderRejected, CodeRefused, CodeOutputTruncated, CodeOutputInvalid,
	CodeAttemptsExhausted, CodeDeadLetter, CodeInternal,
}

const codeWrittenOut = 255

// Pack returns the parcel's stored form, below 1 KB unless attempts with unknown outcomes piled up.
func (p *Parcel) Pack() []byte {
	w := pack(parcelLayout, 96+30*len(p.Tasks)+16*len(p.Open)+16*len(p.Presumed))
	w.count(p.Number)
	w.count(p.First)
	w.num(p.Fence)
	w.raw(p.Owner[:])
	w.instant(p.LeaseEnd)
	w.num(p.Epoch)
	w.count(p.DeadLetters)
	w.count(len(p.Tasks))
	for i := range p.Tasks {
		p.Tasks[i].pack(w)
	}
	var few [4]cost.Terms
	terms := addTerms(addTerms(few[:0], p.Open), p.Presumed)
	w.count(len(terms))
	for _, t := range terms {
		w.text(t.Model)
		w.text(string(t.Lane))
		w.text(t.PriceVersion)
	}
	packAttempts(w, p.Open, terms)
	packAttempts(w, p.Presumed, terms)
	return w.done()
}

// Most tasks of a parcel are in a plain state: a first byte holds the state, the reason and which of the rest follows.
const (
	taskHasWait   = 1 << 6
	taskHasCounts = 1 << 7
)

func (t *Task) pack(w *writer) {
	head := byte(t.State) | byte(t.Reason)<<3
	counts := t.Judged != 0 || t.Unknown != 0 || t.Refusals != 0 || t.LastJudged != 0 || t.Code != "" || !t.RefusedSince.IsZero()
	if !t.Until.IsZero() {
		head |= taskHasWait
	}
	if counts {
		head |= taskHasCounts
	}
	w.b = append(w.b, head)
	if head&taskHasWait != 0 {
		w.instant(t.Until)
	}
	w.count(t.Last)
	w.count(t.Accepted)
	w.count(t.Billed)
	w.num(int64(t.Cost))
	if !counts {
		return
	}
	w.count(t.Judged)
	w.count(t.Unknown)
	w.count(t.Refusals)
	w.count(t.LastJudged)
	w.instant(t.RefusedSince)
	packCode(w, t.Code)
}

func packCode(w *writer, code Code) {
	if i := slices.Index(packedCodes[:], code); i >= 0 {
		w.b = append(w.b, byte(i))
		return
	}
	w.b = append(w.b, codeWrittenOut)
	w.text(string(code))
}

func packAttempts(w *writer, list []Attempt, terms []cost.Terms) {
	w.count(len(list))
	for _, a := range list {
		w.count(a.Task)
		w.count(a.Number)
		w.num(int64(a.Hold))
		w.count(slices.Index(terms, a.Terms))
	}
}

func addTerms(terms []cost.Terms, list []Attempt) []cost.Terms {
	for i := range list {
		if !slices.Contains(terms, list[i].Terms) {
			terms = append(terms, list[i].Terms)
		}
	}
	return terms
}

// Bounds that no honest record reaches; a number beyond them means a damaged or forged one.
const (
	maxTasks    = 100_000_000
	maxAttempts = 1_000_000
)

// The least that an entry of each list takes, so that no record can claim more of them than it has room for.
const (
	termsBytes   = 3
	attemptBytes = 4
)

// UnpackParcel reads a stored parcel. Errors: Corrupt, Newer.
func UnpackParcel(body []byte) (Parcel, error) {
	r, err := unpack("parcel", parcelLayout, body)
	if err != nil {
		return Parcel{}, err
	}
	p := Parcel{Number: r.count(maxTasks), First: r.count(maxTasks), Fence: r.amount()}
	copy(p.Owner[:], r.raw(len(p.Owner)))
	p.LeaseEnd = r.instant()
	p.Epoch = r.num()
	p.DeadLetters = r.count(maxAttempts)
	n := r.count(ParcelSize)
	if n == 0 {
		r.fail()
	}
	p.Tasks = make([]Task, n)
	for i := range p.Tasks {
		p.Tasks[i].unpack(&r)
	}
	var few [4]cost.Terms
	terms := few[:0]
	for n := r.length(termsBytes); n > 0 && !r.bad; n-- {
		terms = append(terms, cost.Terms{Model: r.text(), Lane: oneOf(&r, cost.Realtime, cost.Batch), PriceVersion: r.text()})
	}
	p.Open = unpackAttempts(&r, terms, len(p.Tasks))
	p.Presumed = unpackAttempts(&r, terms, len(p.Tasks))
	if err := r.done("parcel"); err != nil {
		return Parcel{}, err
	}
	return p, nil
}

func (t *Task) unpack(r *reader) {
	head := r.raw(1)[0]
	t.State, t.Reason = TaskState(head&7), Reason(head>>3&7)
	if t.State >= TaskStates || t.Reason >= Reasons {
		r.fail()
		return
	}
	if head&taskHasWait != 0 {
		t.Until = r.instant()
	}
	t.Last, t.Accepted, t.Billed = r.count(maxAttempts), r.count(maxAttempts), r.count(maxAttempts)
	t.Cost = cost.Pico(r.amount())
	if head&taskHasCounts == 0 {
		return
	}
	t.Judged, t.Unknown, t.Refusals = r.count(maxAttempts), r.count(maxAttempts), r.count(maxAttempts)
	t.LastJudged = r.count(maxAttempts)
	t.RefusedSince = r.instant()
	t.Code = unpackCode(r)
}

func unpackCode(r *reader) Code {
	i := r.raw(1)[0]
	if i == codeWrittenOut {
		return Code(r.text())
	}
	if int(i) >= len(packedCodes) {
		r.fail()
		return ""
	}
	return packedCodes[i]
}

func unpackAttempts(r *reader, terms []cost.Terms, tasks int) []Attempt {
	n := r.length(attemptBytes)
	if n == 0 {
		return nil
	}
	list := make([]Attempt, 0, n)
	for range n {
		a := Attempt{Task: r.count(max(tasks-1, 0)), Number: r.count(maxAttempts), Hold: cost.Pico(r.amount())}
		i := r.count(max(len(terms)-1, 0))
		if r.bad || i >= len(terms) {
			r.fail()
			return nil
		}
		a.Terms = terms[i]
		list = append(list, a)
	}
	return list
}
