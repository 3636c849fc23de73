package engine

import (
	"context"
	"errors"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// sheet is one run of the Update that books lines of one parcel.
type sheet struct {
	c     *change
	known *known
	// live is set while somebody may be working under the parcel's lease.
	live    bool
	jitters []float64
	// read are the answers that were looked for behind presumed attempts.
	read map[flight]*job.Stored
	// out is what became of the lines.
	out Reconciled
}

// maxStored is how many answers one Update looks for behind presumed attempts.
const maxStored = 40

// bookParcel books lines of one parcel in one Update.
func (e *Engine) bookParcel(ctx context.Context, lines []line, k *known, done *Reconciled) error {
	f, jitters := k.f, make([]float64, job.ParcelSize)
	for i := range jitters {
		jitters[i] = e.IDs.Jitter()
	}
	var s *sheet
	own := false
	err := e.update(ctx, f, k.shard, lines[0].parcel, nil, func(c *change) error {
		if own = s.written(c); own {
			return errNothing
		}
		s = &sheet{c: c, jitters: jitters, read: map[flight]*job.Stored{}}
		return s.book(lines, k)
	})
	if quiet(err) != nil {
		return err
	}
	done.add(s.out)
	if own {
		e.announce(ctx, f, s.c.events)
	}
	if s.c.wished {
		e.tryCarry(ctx, f)
	}
	return nil
}

// written reports whether this run, which came before the one of c, was committed: the acknowledgement was lost, and the
// ledger ends with the block that it has made.
func (s *sheet) written(c *change) bool {
	return s != nil && s.known != nil && s.c.shard.Head != s.known.head && s.c.shard.Head == c.shard.Head
}

func (s *sheet) book(lines []line, k *known) (err error) {
	c := s.c
	if s.known, err = k.upTo(c); err != nil {
		return err
	}
	s.live = c.parcel.Leased(c.now, c.e.options.Epoch, c.e.options.Margin, c.e.longestLease())
	for i := range lines {
		if err := s.line(&lines[i]); err != nil {
			return err
		}
	}
	if len(c.entries) == 0 {
		return errNothing
	}
	if s.live {
		return nil
	}
	// From now on no process of before the restore writes to this parcel: what it could still bring may be booked. An old
	// lease must not come back to life by that.
	if err := s.takeOver(); err != nil {
		return err
	}
	c.parcel.Release()
	c.parcel.Epoch = max(c.parcel.Epoch, c.e.options.Epoch)
	return nil
}

// takeOver resolves what an ended lease has left.
func (s *sheet) takeOver() error {
	return s.c.takeOver(&parcelWork{e: s.c.e, f: s.c.f, verdicts: map[flight]job.Verdict{}}, s.jitters)
}

func (s *sheet) line(l *line) error {
	c, task := s.c, l.Ordinal-s.c.parcel.First
	open := slices.ContainsFunc(c.parcel.Open, func(a job.Attempt) bool { return a.Task == task })
	switch {
	case s.isPaid(l.MessageID):
		s.out.Known++
		return nil
	case open && s.live:
		s.out.Pending = append(s.out.Pending, l.index)
		return nil
	case open:
		if err := s.takeOver(); err != nil {
			return err
		}
		return s.line(l)
	}
	a, found, err := s.match(l)
	switch {
	case errors.Is(err, errNothing):
		s.out.Pending = append(s.out.Pending, l.index)
		return nil
	case err != nil:
		return err
	case found:
		return s.adjust(a, l)
	}
	return s.add(l)
}

// isPaid reports whether the ledger has an answer, or this Update is about to write it.
func (s *sheet) isPaid(message string) bool {
	return s.known.isPaid(message) || slices.ContainsFunc(s.c.entries, func(e cost.Entry) bool {
		return e.MessageID == message && (e.Kind == cost.EntrySettle || e.Kind == cost.EntryAdjust)
	})
}

// match finds the oldest presumed attempt that the line can be the bill of. One behind which another answer is stored is
// that answer's. It is errNothing when too many answers have to be looked at.
func (s *sheet) match(l *line) (job.Attempt, bool, error) {
	c, task := s.c, l.Ordinal-s.c.parcel.First
	for _, a := range c.parcel.Presumed {
		held := s.known.heldAt(attemptKey{l.Ordinal, a.Number})
		if a.Task != task || a.Terms.Model != l.Model || a.Terms.Lane != l.Lane || held.After(l.At.Add(c.e.options.Margin)) {
			continue
		}
		stored, err := s.stored(a)
		if err != nil {
			return a, false, err
		}
		if stored == nil || stored.MessageID == "" || cut(stored.MessageID, cost.MaxID) == l.MessageID {
			return a, true, nil
		}
	}
	return job.Attempt{}, false, nil
}

// stored is the answer behind a presumed attempt; nil when there is none.
func (s *sheet) stored(a job.Attempt) (*job.Stored, error) {
	f := flight{a.Task, a.Number}
	if known, read := s.read[f]; read {
		return known, nil
	}
	if len(s.read) == maxStored {
		return nil, errNothing
	}
	s.read[f] = nil
	if record, found := s.c.tx.Get(answerKey(s.c.f.id, s.c.shard.Number, s.c.ordinal(a.Task), a.Number)); found {
		stored, err := job.UnpackStored(record.Body)
		if err != nil {
			return nil, err
		}
		s.read[f] = stored
	}
	return s.read[f], nil
}

// adjust replaces what was presumed of the attempt by the line, at the price table of the attempt's hold.
func (s *sheet) adjust(a job.Attempt, l *line) error {
	c := s.c
	answer := job.Stored{Ordinal: l.Ordinal, Attempt: a.Number, Usage: l.Usage, UsageOK: true, MessageID: l.MessageID, RequestID: l.RequestID}
	if stored := s.read[flight{a.Task, a.Number}]; stored != nil {
		answer.Verdict = stored.Verdict
	}
	price, known := c.e.priced(a.Terms, &answer)
	if !known {
		s.out.Pending = append(s.out.Pending, l.index)
		return nil
	}
	s.out.Adjusted.add(Booked{1, price})
	c.tell(ports.Event{Name: ports.EventReconciled, Ordinal: l.Ordinal, Attempt: a.Number, Amount: price, ProviderRequest: l.RequestID, Detail: l.MessageID})
	return c.late(&result{flight: flight{a.Task, a.Number}, fate: fateAnswered, stored: &answer})
}

// add books the line to its task without an attempt: none of these books was held for it.
func (s *sheet) add(l *line) error {
	c := s.c
	t := &c.parcel.Tasks[l.Ordinal-c.parcel.First]
	t.Billed++
	t.Cost += l.price
	entry := cost.Entry{
		Kind: cost.EntryAdjust, Ordinal: l.Ordinal, Amount: l.price, Terms: l.terms, Usage: l.Usage, MessageID: l.MessageID, RequestID: l.RequestID,
	}
	c.entries = append(c.entries, entry)
	s.out.Added.add(Booked{1, l.price})
	c.tell(ports.Event{Name: ports.EventReconciled, Ordinal: l.Ordinal, Amount: l.price, ProviderRequest: l.RequestID, Detail: l.MessageID})
	return c.cover(&entry, l.price, func() (err error) {
		c.shard.Account, err = c.shard.Account.Adjust(0, l.price)
		return err
	})
}
