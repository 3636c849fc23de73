package job

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// ID is a job's name: the text of a UUID version 7, so that ids sort by the time of submission.
type ID string

// Job is the header of one submission. It is written when the job is made, when a shard draws money or ends, and when
// somebody wishes something of it; never once per task.
type Job struct {
	// Schema is the record's version. It is always this program's: what is older is upgraded when it is read.
	Schema int    `json:"schema"`
	ID     ID     `json:"id"`
	Tenant string `json:"tenant"`
	// Kind, KindVersion and PlanHash say whose work it is; they, Layout, Model, Lane, Limits and the input never change.
	Kind        string    `json:"kind"`
	KindVersion int       `json:"kind_version"`
	PlanHash    cost.Hash `json:"plan_hash"`
	Layout      Layout    `json:"layout"`
	// InputChunks is how many records the input is cut into.
	InputChunks int       `json:"input_chunks"`
	Model       string    `json:"model"`
	Lane        cost.Lane `json:"lane"`
	Limits      Limits    `json:"limits"`
	// Deadline is when the job should be done; zero for no such time. A provider that refuses is not waited for beyond it.
	Deadline time.Time `json:"deadline,omitzero"`
	// BatchUntil is until when a job in the lane auto is collected into batches; from then on its calls are made one by
	// one. Zero in the other lanes, and where the deadline left no time for a batch.
	BatchUntil time.Time `json:"batch_until,omitzero"`
	// Forecast is what it was expected to cost when it was submitted; nil when nobody asked.
	Forecast *Forecast `json:"forecast,omitempty"`
	// Labels are the caller's own, for people; the engine does not look at them.
	Labels map[string]string `json:"labels,omitempty"`

	State State `json:"state"`
	// Round is 1 at submission and goes up with each Retry.
	Round int `json:"round"`
	// Account is the job's money: granted is its cap while it runs, and what it has spent once it has ended.
	Account cost.Account `json:"account"`
	// Cap is the most that the job may ever spend, over all rounds.
	Cap cost.Pico `json:"cap"`
	// Grants say which month gave what, oldest first.
	Grants []Grant `json:"grants"`
	// Pauses are the reasons why it should not run; Detail explains the newest in one line.
	Pauses []PauseReason `json:"pauses,omitempty"`
	Detail string        `json:"detail,omitempty"`
	// CancelledAt is when a cancel was asked for; zero for never.
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	// Wish counts what was wished of the shards; Carried is the last wish that every shard has taken.
	Wish    int64 `json:"wish"`
	Carried int64 `json:"carried"`
	// RetryKeys are the fingerprints of the idempotency keys that made the last rounds, the newest last, at most KeptRetryKeys.
	RetryKeys []string `json:"retry_keys,omitempty"`
	// Walk is a retry that has not reached every parcel yet; nil otherwise.
	Walk *Walk `json:"walk,omitempty"`
	// Ends has one entry per shard, nil while the shard has open tasks.
	Ends []*End `json:"ends"`
	// Events is the number of the last event record.
	Events int `json:"events"`

	RequestID   string    `json:"request_id,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	CompletedAt time.Time `json:"completed_at,omitzero"`
	// Key is the idempotency key's fingerprint that made the job, empty without a key.
	Key string `json:"key,omitempty"`
	// Needs is more than what was free when the job was paused because no call fitted into that: with less free money it would come
	// to the same pause. 0 when it is not paused for that.
	Needs cost.Pico `json:"needs,omitempty"`
	// Since is when the present round began to work, moved on by each time for which it was paused; zero before, and in headers older
	// than the member. PausedAt is since when it reads paused, zero when it does not. Again is how many tasks were queued again for the
	// present round; 0 in the first one, which is of all.
	Since    time.Time `json:"since,omitzero"`
	PausedAt time.Time `json:"paused_at,omitzero"`
	Again    int       `json:"again,omitempty"`
	// Hidden is true while people do not want to see it in lists; the engine does not look at it.
	Hidden bool `json:"hidden,omitempty"`
	// Revision counts the writes of this header, from 1, and UpdatedAt is when the last of them was made. Both are missing in
	// headers that were last written before there were any.
	Revision  int64     `json:"revision,omitempty"`
	UpdatedAt time.Time `json:"updated_at,omitzero"`
}

// Forecast is an expected cost: Expected is the median, P95 exceeded once in twenty times, Worst never.
type Forecast struct {
	Expected cost.Pico `json:"expected"`
	P95      cost.Pico `json:"p95"`
	Worst    cost.Pico `json:"worst"`
}

// Limits bound the attempts at one task in one round. Zero values take the engine's defaults.
type Limits struct {
	// Judged is how many answers are judged, Unknown how many attempts may end with an unknown outcome.
	Judged  int `json:"judged"`
	Unknown int `json:"unknown"`
	// GiveUpAfter is how long a task may be refused before it fails.
	GiveUpAfter time.Duration `json:"give_up_after"`
}

// Attempts is the most attempts that one task can make in a round: the last of either kind ends it.
func (l Limits) Attempts() int { return l.Judged + l.Unknown - 1 }

// Grant is what one month gave to a job.
type Grant struct {
	// Month is like 2026-11, in UTC.
	Month    string    `json:"month"`
	Drawn    cost.Pico `json:"drawn"`
	Returned cost.Pico `json:"returned"`
}

// Walk is a retry on its way through the parcels.
type Walk struct {
	// Ordinals are the tasks to queue again, ascending; none means all that failed.
	Ordinals []int `json:"ordinals,omitempty"`
	// Codes narrow it to tasks that failed with one of them; none means whatever their state says.
	Codes []Code `json:"codes,omitempty"`
	// Next is the first parcel that the walk has not done.
	Next int `json:"next"`
}

// Wants reports whether the walk queues the task again.
func (w *Walk) Wants(ordinal int, t *Task) bool {
	if len(w.Codes) > 0 && (t.State != TaskFailed || !slices.Contains(w.Codes, t.Code)) {
		return false
	}
	if len(w.Ordinals) == 0 {
		return t.State == TaskFailed
	}
	_, found := slices.BinarySearch(w.Ordinals, ordinal)
	return found && (t.State == TaskFailed || t.State == TaskCompleted)
}

// End is what a shard came to.
type End struct {
	Head    cost.Head    `json:"head"`
	Counts  Counts       `json:"counts"`
	Account cost.Account `json:"account"`
	// Round is the round in which it ended.
	Round int `json:"round"`
}

// Paused reports whether any reason keeps the job from running.
func (j *Job) Paused() bool { return len(j.Pauses) > 0 }

// KeptRetryKeys is how many keys of retries a job knows.
const KeptRetryKeys = 8

// KeepRetryKey remembers the fingerprint of a key, which may be empty, that made a round.
func (j *Job) KeepRetryKey(key string) {
	if key == "" {
		return
	}
	if j.RetryKeys = append(j.RetryKeys, key); len(j.RetryKeys) > KeptRetryKeys {
		j.RetryKeys = j.RetryKeys[1:]
	}
}

// RetriedBy reports whether the key made one of the last rounds; an empty one made none.
func (j *Job) RetriedBy(key string) bool { return key != "" && slices.Contains(j.RetryKeys, key) }

// Gate is what the shards are wished to do.
func (j *Job) Gate() Gate {
	switch {
	case !j.CancelledAt.IsZero():
		return GateCancelled
	case j.Paused():
		return GatePaused
	}
	return GateOpen
}

// AllEnded reports whether no shard has an open task.
func (j *Job) AllEnded() bool {
	return !slices.Contains(j.Ends, nil)
}

// Move takes the step or reports it as a bug.
func (j *Job) Move(to State) error {
	if !j.State.CanMove(to) {
		return fault.New(fault.Internal, "job %s: %s to %s is not an allowed step", j.ID, j.State, to)
	}
	j.State = to
	return nil
}

// Pack returns the stored form.
func (j *Job) Pack() ([]byte, error) {
	body, err := json.Marshal(j)
	if err != nil {
		return nil, fault.New(fault.Internal, "job %s: %w", j.ID, err)
	}
	return body, nil
}

// UnpackJob reads a stored header. One of an earlier version is upgraded: Schema is then this program's, and so is what
// is written back. Errors: Corrupt, Newer.
func UnpackJob(body []byte) (*Job, error) {
	j := &Job{}
	if err := jobFormat.decode(body, j); err != nil {
		return nil, err
	}
	if err := j.Layout.Check(); err != nil {
		return nil, fault.New(fault.Corrupt, "job %s: %w", j.ID, err)
	}
	if len(j.Ends) != j.Layout.Shards {
		return nil, fault.New(fault.Corrupt, "job %s: has %d shard ends for %d shards", j.ID, len(j.Ends), j.Layout.Shards)
	}
	if !j.State.known() || j.Round < 1 {
		return nil, fault.New(fault.Corrupt, "job %s: is %q in round %d, which cannot be", j.ID, j.State, j.Round)
	}
	if w := j.Walk; w != nil && (w.Next < 0 || w.Next > j.Layout.Parcels() || !slices.IsSorted(w.Ordinals)) {
		return nil, fault.New(fault.Corrupt, "job %s: its walk is at parcel %d of %d, or out of order", j.ID, w.Next, j.Layout.Parcels())
	}
	return j, nil
}
