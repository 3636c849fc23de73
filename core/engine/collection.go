package engine

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Bounds of one collection. It is kept far below what a batch may have: should one ever be sent twice, the damage is
// bearable. JSON writes a byte as six at most, so that a body stays below ports.MaxBatchBytes.
const (
	maxCollected = 2_000
	maxBytes     = 40 << 20
)

// batchLease is how long a collection leases its parcels: a batch ends within a day, and its results are then a sweep away.
const batchLease = 26 * time.Hour

// CollectionState is where a collection is in its life.
type CollectionState string

// The states of a collection. The sentence that begins with If says what becomes of it when everything stops right then.
const (
	// CollectionOpen: parcels are being added. If every process dies, the next sweep sends what was added.
	CollectionOpen CollectionState = "open"
	// CollectionCreating: the batch is being sent. If every process dies, the sweeper lists the provider's batches and
	// adopts it, or sends it again when it is certain that there is none.
	CollectionCreating CollectionState = "creating"
	// CollectionSent: the provider has it. If every process dies, the sweeper goes on asking.
	CollectionSent CollectionState = "sent"
	// CollectionEnded: its results are being stored and settled. If every process dies, the sweeper reads them again; what
	// is stored and settled is known by its attempts.
	CollectionEnded CollectionState = "ended"
	// CollectionVoid: nothing of it will be done, for the reason in Fate. If every process dies, the sweeper resolves the
	// rest of its attempts.
	CollectionVoid CollectionState = "void"
)

// Collection is tasks of one job that are done as one batch. Its record is removed once every attempt of it is settled.
type Collection struct {
	Schema int             `json:"schema"`
	Job    job.ID          `json:"job"`
	Number int             `json:"number"`
	State  CollectionState `json:"state"`
	// Epoch and Owner are those of its parcels' leases.
	Epoch int64  `json:"epoch"`
	Owner string `json:"owner"`
	// Members are its parcels, Lines how many attempts they have, Bytes how long their requests are.
	Members []Member  `json:"members"`
	Lines   int       `json:"lines"`
	Bytes   int64     `json:"bytes"`
	Opened  time.Time `json:"opened"`
	// Creator is the token of the process that sends it, since CreatingAt. RetryAt is when to send it again after Failures
	// refusals in a row; Listings counts the lists that did not have it, the last one at ListedAt.
	Creator    string    `json:"creator,omitempty"`
	CreatingAt time.Time `json:"creating_at,omitzero"`
	RetryAt    time.Time `json:"retry_at,omitzero"`
	Failures   int       `json:"failures,omitempty"`
	Listings   int       `json:"listings,omitempty"`
	ListedAt   time.Time `json:"listed_at,omitzero"`
	// Batch is the provider's name for it, sent at SentAt; CancelledAt is when it was asked to end it early.
	Batch       string    `json:"batch,omitempty"`
	SentAt      time.Time `json:"sent_at,omitzero"`
	CancelledAt time.Time `json:"cancelled_at,omitzero"`
	// MissingSince is when the provider was first found not to know it; zero while it does.
	MissingSince time.Time `json:"missing_since,omitzero"`
	// Reader is who reads its results, alone until ReadUntil: nobody else settles any of it before then.
	Reader    string    `json:"reader,omitempty"`
	ReadUntil time.Time `json:"read_until,omitzero"`
	// Fate is what becomes of the attempts of a void one: not_begun or unknown; Detail says why.
	Fate   string `json:"fate,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// Member is one parcel of a collection, and the fence of its lease.
type Member struct {
	Parcel int   `json:"parcel"`
	Fence  int64 `json:"fence"`
}

func (c *Collection) key() ports.Key { return collectionKey(c.Job, c.Number) }

func (c *Collection) record() ports.Record {
	return ports.Record{Key: c.key(), Kind: kindCollection, Body: marshal(c)}
}

func (c *Collection) has(parcel int) bool {
	return slices.ContainsFunc(c.Members, func(m Member) bool { return m.Parcel == parcel })
}

func (c *Collection) owner() job.Owner {
	var o job.Owner
	_, _ = hex.Decode(o[:], []byte(c.Owner)) // unpackCollection has checked it
	return o
}

// full reports whether no further parcel fits: one is taken whole, because its lease is one.
func (c *Collection) full() bool { return c.Lines > maxCollected-job.ParcelSize || c.Bytes >= maxBytes }

func unpackCollection(body []byte) (*Collection, error) {
	c := &Collection{}
	if err := decode(body, c); err != nil {
		return nil, fault.New(fault.Corrupt, "engine: collection: %w", err)
	}
	if c.Schema > job.Schema {
		return nil, fault.New(fault.Newer, "engine: collection %s/%d was written by a newer program: update this one", c.Job, c.Number)
	}
	if raw, err := hex.DecodeString(c.Owner); err != nil || len(raw) != len(job.Owner{}) {
		return nil, fault.New(fault.Corrupt, "engine: collection %s/%d has no owner", c.Job, c.Number)
	}
	return c, nil
}

// Collections reads the collections of a job that are not settled yet.
func (e *Engine) Collections(ctx context.Context, id job.ID) ([]*Collection, error) {
	var list []*Collection
	err := e.each(ctx, ports.Prefix(partCollections, string(id)+"/"), func(record ports.Record) error {
		c, err := unpackCollection(record.Body)
		if err == nil {
			list = append(list, c)
		}
		return err
	})
	return list, err
}

// lineID names an attempt to the provider: the job, the task, the attempt and the store's epoch.
func (c *Collection) lineID(ordinal, attempt int) string {
	return fmt.Sprintf("%s-%d-a%d-e%d", cut(string(c.Job), 36), ordinal, attempt, c.Epoch)
}

// parseLine reads a name that lineID has made for this collection.
func (c *Collection) parseLine(id string) (ordinal, attempt int, ok bool) {
	rest, mine := strings.CutPrefix(id, cut(string(c.Job), 36)+"-")
	rest, epoch := strings.CutSuffix(rest, "-e"+strconv.FormatInt(c.Epoch, 10))
	first, second, split := strings.Cut(rest, "-a")
	ordinal, err1 := strconv.Atoi(first)
	attempt, err2 := strconv.Atoi(second)
	ok = mine && epoch && split && err1 == nil && err2 == nil && c.lineID(ordinal, attempt) == id
	return ordinal, attempt, ok
}

// changeCollection runs step on the collection as it is stored, and then c is what was written. A step that returns false,
// or a collection that is gone or in another state than c, changes nothing; then changed is false. So it is when the write
// of an earlier, unacknowledged run is found.
func (e *Engine) changeCollection(ctx context.Context, c *Collection, step func(tx ports.Tx, now *Collection) (bool, error)) (changed bool, err error) {
	var after *Collection
	err = e.Store.Update(ctx, []ports.Key{c.key()}, func(tx ports.Tx) error {
		after, changed = nil, false
		record, found := tx.Get(c.key())
		if !found {
			return nil
		}
		now, err := unpackCollection(record.Body)
		if err != nil || now.Owner != c.Owner || now.State != c.State {
			return err
		}
		if changed, err = step(tx, now); err != nil || !changed {
			return err
		}
		tx.Put(now.record())
		after = now
		return nil
	})
	if err != nil || after == nil {
		return false, err
	}
	*c = *after
	return true, nil
}
