package boltstore

import (
	"os"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// versionBits is how many of a version's bits count the writes of one opening; those above are the epoch. So versions go
// up over all openings, and a deleted record that is created again does not repeat one, without a counter on the disk.
const (
	versionBits = 40
	maxEpoch    = 1 << (62 - versionBits)
)

// Store is a ports.Store in one file. It is safe for concurrent use.
type Store struct {
	path    string
	clock   ports.Clock
	options Options
	file    *os.File
	db      *bolt.DB
	epoch   int64
	// commitTx is (*bolt.Tx).Commit; tests let it fail.
	commitTx func(*bolt.Tx) error

	// wake has room for one: the committer has something to do. stopped is closed when the committer has ended.
	wake    chan struct{}
	stopped chan struct{}
	// stuck is the damage that bbolt met while it held its locks: it must not be called again, it would wait for ever.
	stuck atomic.Pointer[fault.Error]

	mu   sync.Mutex
	desk desk
	// failed is why nothing works any more; nil as long as all is well.
	failed error
	// running counts calls that have begun and not ended. Once closing is set none begins, and the last one closes idle.
	running int
	closing bool
	idle    chan struct{}
	// closed is closed when Close is done.
	closed chan struct{}

	holderMu sync.Mutex
	holder   holder
}

var _ ports.Store = (*Store)(nil)

func newStore(path string, clock ports.Clock, options Options, file *os.File, db *bolt.DB, epoch int64, label holder) *Store {
	s := &Store{
		path: path, clock: clock, options: options, file: file, db: db, epoch: epoch, holder: label,
		commitTx: (*bolt.Tx).Commit,
		wake:     make(chan struct{}, 1),
		stopped:  make(chan struct{}),
		idle:     make(chan struct{}),
		closed:   make(chan struct{}),
		desk:     newDesk(epoch << versionBits),
	}
	go s.commitAll()
	return s
}

// Epoch counts the openings of the file; the first is 1. A process that died holds nothing any more once the epoch is
// higher than its own.
func (s *Store) Epoch() int64 { return s.epoch }

// Close waits for the calls that are running, refuses later ones with Unavailable, and lets go of the file. Closing again
// only waits for the first Close.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closing
	s.closing = true
	if first && s.running == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	if !first {
		<-s.closed
		return nil
	}
	defer close(s.closed)
	<-s.idle
	close(s.wake)
	if s.stuck.Load() != nil {
		unlock(s.file) // bbolt would wait for ever for the locks that it holds itself.
		return nil
	}
	<-s.stopped
	// The label goes before the lock: after it another process may have written its own.
	_ = os.Remove(s.holder.path)
	if err := s.db.Close(); err != nil {
		return failure("close "+s.path, err)
	}
	return nil
}

// enter begins a call.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return fault.New(fault.Unavailable, "boltstore: %s is closed", s.path)
	case s.failed != nil:
		return s.failed
	}
	s.running++
	return nil
}

// leave ends a call.
func (s *Store) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if damage := s.stuck.Load(); damage != nil {
		s.abandon(damage)
	}
	s.running--
	if s.closing && s.running == 0 {
		close(s.idle)
	}
}

// abandon gives up on bbolt: whoever waits for a commit would wait for ever. The lock is held.
func (s *Store) abandon(damage *fault.Error) {
	if s.failed != nil {
		return
	}
	s.stop(damage)
	if b := s.desk.committing; b != nil {
		b.settle(fault.New(fault.Corrupt, "boltstore: update: it is not known whether the disk has it: %w", damage).MaybeDone())
	}
	s.desk.fail().settle(damage)
}
