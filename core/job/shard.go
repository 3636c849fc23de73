package job

import (
	"math/bits"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// MaxShards is the most shards of a job, and WindowSize the number of judged tasks that the failure rate looks back on.
const (
	MaxShards  = 32
	WindowSize = 100
)

// Layout says how a job's tasks lie in parcels and its parcels in shards. It is fixed at submission.
type Layout struct {
	// Tasks is the number of tasks, ParcelSize how many a parcel has at most, Shards the number of shards.
	Tasks      int `json:"tasks"`
	ParcelSize int `json:"parcel_size"`
	Shards     int `json:"shards"`
}

// NewLayout spreads tasks over shards: min(32, half of the parcels rounded up), so that no record is hot. A parcel size
// outside 1..ParcelSize counts as ParcelSize.
func NewLayout(tasks, parcelSize int) Layout {
	if parcelSize < 1 || parcelSize > ParcelSize {
		parcelSize = ParcelSize
	}
	l := Layout{Tasks: tasks, ParcelSize: parcelSize}
	l.Shards = min(MaxShards, (l.Parcels()+1)/2)
	return l
}

// Parcels is the number of parcels.
func (l Layout) Parcels() int { return (l.Tasks + l.ParcelSize - 1) / l.ParcelSize }

// ParcelOf is the parcel of a task, ShardOf the shard of a parcel.
func (l Layout) ParcelOf(ordinal int) int { return ordinal / l.ParcelSize }

// ShardOf is the shard that counts the parcel.
func (l Layout) ShardOf(parcel int) int { return parcel % l.Shards }

// ParcelsOf is the number of parcels of a shard; its parcels are shard, shard + Shards, shard + 2 x Shards and so on.
func (l Layout) ParcelsOf(shard int) int { return (l.Parcels() - shard + l.Shards - 1) / l.Shards }

// Slot is the place of a parcel among those of its shard, Parcel the inverse.
func (l Layout) Slot(parcel int) int { return parcel / l.Shards }

// Parcel is the parcel at a place of a shard.
func (l Layout) Parcel(shard, slot int) int { return slot*l.Shards + shard }

// TasksOf is the number of tasks of a parcel.
func (l Layout) TasksOf(parcel int) int { return min(l.ParcelSize, l.Tasks-parcel*l.ParcelSize) }

// Check is fault.Corrupt when the numbers cannot be those of a job.
func (l Layout) Check() error {
	if l.Tasks < 1 || l.Tasks > maxTasks || l.ParcelSize < 1 || l.ParcelSize > ParcelSize || l.Shards < 1 || l.Shards > MaxShards || l.Shards > l.Parcels() {
		return fault.New(fault.Corrupt, "job layout %+v is impossible", l)
	}
	return nil
}

// Counts are numbers of tasks by state. They always sum to the tasks of the shard or job.
type Counts [TaskStates]int

// Total is the sum.
func (c Counts) Total() int {
	n := 0
	for _, v := range c {
		n += v
	}
	return n
}

// Open is the number of tasks that have not ended.
func (c Counts) Open() int { return c[TaskQueued] + c[TaskRunning] + c[TaskWaiting] }

// Plus adds two counts.
func (c Counts) Plus(d Counts) Counts {
	for i := range c {
		c[i] += d[i]
	}
	return c
}

// Window remembers of the last WindowSize judged tasks which failed for good.
type Window struct {
	// Seen is how many it has seen, up to WindowSize; Next the place of the next one.
	Seen, Next int
	Bits       [2]uint64
}

// Add records one judged task.
func (w *Window) Add(failed bool) {
	word, bit := w.Next/64, uint64(1)<<(w.Next%64)
	w.Bits[word] &^= bit
	if failed {
		w.Bits[word] |= bit
	}
	w.Next = (w.Next + 1) % WindowSize
	w.Seen = min(w.Seen+1, WindowSize)
}

// Failing reports whether more than half of the window failed, once it has seen at least 20.
func (w *Window) Failing() bool {
	failed := bits.OnesCount64(w.Bits[0]) + bits.OnesCount64(w.Bits[1])
	return w.Seen >= 20 && 2*failed > w.Seen
}

// possible reports whether adding tasks can lead to the window: it fills from the first place on, and has no bit set that
// it has not seen.
func (w *Window) possible() bool {
	if w.Seen < WindowSize && w.Next != w.Seen {
		return false
	}
	for i, word := range w.Bits {
		if bits.Len64(word) > max(w.Seen-64*i, 0) {
			return false
		}
	}
	return true
}

// Shard is the header of some of a job's parcels: their counters, account, gate and ledger head. Every Update that moves
// a task writes its shard's header, so that counters and money are never apart from the states.
type Shard struct {
	// Number is 0-based; Tasks is how many tasks its parcels have together.
	Number, Tasks int
	// Round is the job's round when a task of the shard was last queued.
	Round int
	// Wish is the number of the last wish taken, Gate what it asked for.
	Wish int64
	Gate Gate
	// Counts are the tasks by state, those of unwritten parcels included. Waiting splits the waiting ones by reason.
	Counts  Counts
	Waiting [Reasons]int
	// Untouched is how many tasks lie in unwritten parcels; they are queued, or cancelled for good once Dropped is set.
	Untouched int
	Dropped   bool
	// Ended has a bit for each parcel, by its slot, that is set while all of the parcel's tasks have ended.
	Ended []byte
	// Account is the shard's money, Head the end of its ledger chain.
	Account cost.Account
	Head    cost.Head
	// Changed is the last change. LeaseEnd and Due are lower bounds of the earliest lease end and of the earliest time
	// at which a waiting task can start; zero means there is none. Nudges counts the sweeper's messages since Changed.
	Changed, LeaseEnd, Due time.Time
	Nudges                 int
	// Short is the smallest hold that did not fit since money was last free; 0 when everything fitted.
	Short cost.Pico
	// Window is the failure rate's memory.
	Window Window
	// Done is set when the shard has no open task and the job knows of it.
	Done bool
}

// NewShard returns a shard's header at submission.
func NewShard(l Layout, number int, now time.Time) Shard {
	s := Shard{Number: number, Round: 1, Changed: now, Ended: make([]byte, (l.ParcelsOf(number)+7)/8)}
	for slot := range l.ParcelsOf(number) {
		s.Tasks += l.TasksOf(l.Parcel(number, slot))
	}
	s.Untouched, s.Counts[TaskQueued] = s.Tasks, s.Tasks
	return s
}

// SetEnded marks the parcel at the slot as ended or not.
func (s *Shard) SetEnded(slot int, ended bool) {
	if ended {
		s.Ended[slot/8] |= 1 << (slot % 8)
		return
	}
	s.Ended[slot/8] &^= 1 << (slot % 8)
}

// HasEnded reports whether the parcel at the slot is marked as ended.
func (s *Shard) HasEnded(slot int) bool { return s.Ended[slot/8]&(1<<(slot%8)) != 0 }

// Drop makes the tasks of unwritten parcels cancelled for good.
func (s *Shard) Drop() {
	s.Dropped = true
	s.Counts[TaskQueued] -= s.Untouched
	s.Counts[TaskCancelled] += s.Untouched
}
