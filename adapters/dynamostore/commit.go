package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// maxCommit is DynamoDB's limit of one transaction, in bytes.
const maxCommit = 4 << 20

// step is what a commit does to one record: write it, delete it, or only demand that it still stands.
type step struct {
	e         *entry
	put       item
	size      int
	deletes   bool
	condition condition
}

// plan is the commit of one run. It may be sent several times. One that writes over a record, or deletes one, is applied once
// at most: its conditions do not hold a second time. Those of one that only makes records hold again once others have
// removed all of these: several records are then kept from it by the transaction's token, for the ten minutes for which
// DynamoDB knows it. A single one is made again, as by a decision that is run again: see docs/decisions/0023.
type plan struct {
	steps []step
	// token is of this commit alone; writer, its beginning, is written with every record.
	token  ports.Token
	writer writer
	// writes is how many steps change something.
	writes int
}

// commit applies the writes of a run, if everything that the decision got still stands.
func (s *Store) commit(ctx context.Context, t *tx) error {
	p, err := s.plan(t)
	if err != nil {
		return s.stands(ctx, t, err)
	}
	switch {
	case p.writes == 0:
		return s.stands(ctx, t, nil)
	case len(p.steps) == 1:
		return s.write(ctx, t, p, s.sendOne(p))
	default:
		return s.write(ctx, t, p, s.sendAll(p))
	}
}

func (s *Store) plan(t *tx) (*plan, error) {
	token := s.ids.NewToken()
	p := &plan{token: token, writer: writer(token[:writerSize])}
	version := s.version(s.clock.Now())
	sum := 0
	for i := range t.Entries {
		e := &t.Entries[i]
		if !e.Got && e.Op == storetx.None {
			continue
		}
		made := step{e: e, condition: conditionOf(e, t.Now, version)}
		if e.Next != nil {
			next := over(e, version)
			if next > maxVersion {
				return nil, fault.New(fault.Corrupt, "dynamostore: the version of %s is damaged: it cannot go up", storetx.Text(e.Key))
			}
			made.put, made.size = s.encode(e.Next, next, p.writer)
		}
		if made.size > maxItem {
			return nil, tooLarge(e.Key, made.size)
		}
		// What has expired is absent: deleting it is left to the table's TTL.
		made.deletes = e.Op == storetx.Delete && e.Live(t.Now)
		if made.put != nil || made.deletes {
			p.writes++
		}
		sum += made.size
		p.steps = append(p.steps, made)
	}
	if sum > maxCommit {
		return nil, fault.New(fault.Invalid, "dynamostore: one update writes %d bytes; DynamoDB takes at most %d: split it", sum, maxCommit)
	}
	return p, nil
}

func tooLarge(key ports.Key, size int) error {
	return fault.New(fault.Invalid, "dynamostore: the item of %s would have %d bytes, names and values; DynamoDB takes at most %d",
		storetx.Text(key), size, maxItem)
}

// write sends a commit until its outcome is known, or cannot be learnt.
func (s *Store) write(ctx context.Context, t *tx, p *plan, send sender) error {
	doubt := ""
	for tries := 0; ; tries++ {
		f, err := s.once(ctx, send.request, send.attempt)
		switch {
		case err != nil:
			return err
		case f == nil, p.own(f):
			return nil
		case f.unknown:
			doubt = f.text
		}
		if end := s.refused(t, p, f); end != nil {
			return unsure(t, doubt, end)
		}
		// Whoever has the record now is about to change it: to look again, a little later, costs a tenth of a write that is
		// refused. In doubt it may be this very commit.
		if f.contended && doubt == "" {
			t.contended = true
			return errAgain
		}
		failed := error(f.error(send.request))
		if !f.again {
			return unsure(t, doubt, failed)
		}
		if err := s.pause(ctx, tries, failed); err != nil {
			return unsure(t, doubt, err)
		}
	}
}

// unsure returns what a commit ended with, or errDoubt if one of its attempts may have been applied: neither a condition
// that does not hold nor any other refusal says that it was not, since others may have written over it. An error of the
// context stays as it is.
func unsure(t *tx, doubt string, end error) error {
	var own *fault.Error
	if doubt == "" || (!errors.Is(end, errAgain) && !errors.As(end, &own)) {
		return end
	}
	t.doubt = doubt
	return errDoubt
}

// own reports whether a condition did not hold because an earlier attempt of this very commit was applied.
func (p *plan) own(f *failure) bool {
	for i := range min(len(f.reasons), len(p.steps)) {
		w, ok := f.reasons[i].Item[attrWriter].(*types.AttributeValueMemberB)
		if ok && p.steps[i].put != nil && string(w.Value) == string(p.writer[:]) {
			return true
		}
	}
	return false
}

// refused says what a condition that did not hold means: errAgain where something that was read has changed, Conflict where
// the only reason is a record to be created that is there, nil where nothing of that kind happened or it is not certain yet.
func (s *Store) refused(t *tx, p *plan, f *failure) error {
	var there *entry
	changed, unsure := false, false
	for i := range min(len(f.reasons), len(p.steps)) {
		e := p.steps[i].e
		switch aws.ToString(f.reasons[i].Code) {
		case reasonNone, "":
		case reasonCondition:
			if s.learn(e, f.reasons[i].Item); e.Op == storetx.Create && !e.Got && e.Live(t.Now) {
				there = e
			} else {
				changed = true
			}
		default:
			unsure = true
		}
	}
	switch {
	case changed:
		return errAgain
	case there != nil && !unsure:
		return exists(there)
	}
	return nil
}

// learn takes over what DynamoDB says that stands in a place. What cannot be read is fetched again, to fail there.
func (s *Store) learn(e *entry, now item) {
	know(e, nil)
	if len(now) == 0 {
		return
	}
	record, err := s.decode(now)
	know(e, record)
	e.Fetched = err == nil
}
