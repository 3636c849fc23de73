package boltstore

import (
	"bytes"
	"encoding/binary"
	"runtime"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

const (
	// fillPercent is how full bbolt leaves a page that it splits: most keys come in rising order, so that what is left free
	// in the lower page is never used.
	fillPercent = 0.9
	// purgeStep is how many expired records one commit removes at most.
	purgeStep = 16
)

// commitAll is the committer: it writes one batch after the other, for as long as there are any, and then sleeps until it
// is woken. It waits for no company: what comes during one commit is the next batch.
func (s *Store) commitAll() {
	defer close(s.stopped)
	for range s.wake {
		for {
			// Those whom the last commit has woken run first: most of them bring their next Update at once. Without this every
			// second commit carries the one or two that came first.
			runtime.Gosched()
			s.mu.Lock()
			b := s.desk.take()
			s.mu.Unlock()
			if b == nil {
				break
			}
			err := s.commit(b)
			s.mu.Lock()
			s.finish(b, err)
			s.mu.Unlock()
		}
	}
}

// outcome is how a commit failed.
type outcome struct {
	err *fault.Error
	// stop is true when the file cannot be trusted any more: nothing else may be written.
	stop bool
}

// finish tells everybody how a batch ended. The lock is held.
func (s *Store) finish(b *batch, failed *outcome) {
	if failed == nil {
		s.desk.succeed(b)
		b.settle(nil)
		return
	}
	after := s.desk.fail()
	b.settle(failed.err)
	after.settle(fault.New(failed.err.Kind, "boltstore: update: what it is based on could not be written: %w", failed.err))
	if failed.stop {
		s.stop(failed.err)
	}
}

// stop ends the use of the file by this process. The lock is held.
func (s *Store) stop(why *fault.Error) {
	if s.failed == nil {
		s.failed = fault.New(why.Kind, "boltstore: %s is out of use since an earlier failure; look after the disk and start again: %s",
			s.path, fault.OneLine(why, 300))
	}
}

// commit writes a batch in one transaction of bbolt; nil means that it is on the disk.
func (s *Store) commit(b *batch) (failed *outcome) {
	slices.SortFunc(b.writes, func(x, y *pending) int { return bytes.Compare(x.frame.key(), y.frame.key()) })
	var tx *bolt.Tx
	before := guard()
	defer func() {
		endGuard(before)
		if met := recover(); met != nil {
			failed = &outcome{err: damage(met), stop: true}
			if tx != nil {
				_ = tx.Rollback()
			}
		}
	}()
	tx, err := s.db.Begin(true)
	if err != nil {
		return &outcome{err: failure("write", err)}
	}
	if err := s.write(tx, b); err != nil {
		_ = tx.Rollback()
		failed := failure("write", err)
		return &outcome{err: failed, stop: failed.Kind == fault.Corrupt}
	}
	id := uint64(tx.ID())
	if err := s.commitTx(tx); err != nil {
		return s.judge(id, err)
	}
	return nil
}

// judge finds out what a failed commit has left behind. bbolt makes a transaction count by one write, of a header page,
// after everything else is on the disk: if no header has its number, nothing happened, and later commits may go on. If
// one has, a crash may undo it or not, and what the system has in memory need not be what is on the disk.
func (s *Store) judge(id uint64, cause error) *outcome {
	header, err := readHeader(s.file)
	if err == nil && header.txid < id {
		return &outcome{err: fault.New(fault.Unavailable, "boltstore: update: nothing was written: %w", cause)}
	}
	unknown := fault.New(fault.Unavailable, "boltstore: update: it is not known whether the disk has it: %w", cause).MaybeDone()
	return &outcome{err: unknown, stop: true}
}

// write puts the batch into the buckets.
func (s *Store) write(tx *bolt.Tx, b *batch) error {
	records, expiry := tx.Bucket(recordsBucket), tx.Bucket(expiryBucket)
	records.FillPercent, expiry.FillPercent = fillPercent, fillPercent
	if !s.options.KeepExpired {
		if err := purge(records, expiry, s.clock.Now().Unix()); err != nil {
			return err
		}
	}
	for _, p := range b.writes {
		if p.record == nil {
			if err := records.Delete(p.frame.key()); err != nil {
				return err
			}
			continue
		}
		if err := records.Put(p.frame.key(), p.frame.value()); err != nil {
			return err
		}
		if at := p.frame.expires(); at != 0 {
			if err := expiry.Put(expiryKey(at, p.frame.key()), nil); err != nil {
				return err
			}
		}
	}
	return nil
}

// expiryKey orders the records that expire by the time at which they do.
func expiryKey(at int64, key []byte) []byte {
	return append(binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(key)), uint64(at)), key...)
}

// purge removes some of the records that have expired. A row of the expiry bucket whose record was written again since is
// only removed itself: the record has another row, or none.
func purge(records, expiry *bolt.Bucket, now int64) error {
	for range purgeStep {
		row, _ := expiry.Cursor().First()
		if len(row) < 8 || int64(binary.BigEndian.Uint64(row)) > now {
			return nil
		}
		row = bytes.Clone(row)
		if value := records.Get(row[8:]); len(value) > kindAt {
			if at := storedExpiry(value); at != 0 && at <= now {
				if err := records.Delete(row[8:]); err != nil {
					return err
				}
			}
		}
		if err := expiry.Delete(row); err != nil {
			return err
		}
	}
	return nil
}
