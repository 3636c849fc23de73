package dynamostore

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Store is a ports.Store in a DynamoDB table. It is safe for concurrent use.
type Store struct {
	client  *dynamodb.Client
	table   string
	clock   ports.Clock
	ids     ports.IDs
	options Options
	codec   codec
	// last is the highest version that this Store has seen or given, see version.
	last atomic.Int64
}

var _ ports.Store = (*Store)(nil)

// New returns a store on a table that TableInput describes. It sends nothing. The clock says when records expire, the ids
// give jitter and the tokens of writes. A client without a region and an empty name are
// Invalid.
func New(client *dynamodb.Client, table string, clock ports.Clock, ids ports.IDs, options *Options) (*Store, error) {
	if client == nil || clock == nil || ids == nil {
		return nil, fault.New(fault.Invalid, "dynamostore: client, clock and ids must be given")
	}
	if client.Options().Region == "" {
		return nil, fault.New(fault.Invalid, "dynamostore: the client has no region; name the one that the table is in")
	}
	if table == "" {
		return nil, fault.New(fault.Invalid, "dynamostore: the name of the table is empty")
	}
	return &Store{client: client, table: table, clock: clock, ids: ids, options: options.filled()}, nil
}

// Get implements ports.Store.
func (s *Store) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if err := ctx.Err(); err != nil {
		return ports.Record{}, err
	}
	if err := storetx.CheckKey("dynamostore", key); err != nil {
		return ports.Record{}, err
	}
	stored, err := s.getItem(ctx, key)
	if err != nil {
		return ports.Record{}, err
	}
	if stored == nil || storetx.Expired(&stored.Record, s.clock.Now().Unix()) {
		return ports.Record{}, fault.New(fault.NotFound, "dynamostore: get %s: no such record", storetx.Text(key))
	}
	return stored.Record, nil
}

// version gives the next version: microseconds of the clock, but higher than any that this Store has given or read. So a
// record's version goes up although the table has no counter: over a record that was read it must, and over one that was
// deleted and created again by others it does, unless their clock is ahead by more than the time in between. Conditions do
// not rely on that: they compare the writer's token too, which no two writes share.
func (s *Store) version(now time.Time) int64 {
	for {
		last := s.last.Load()
		next := max(now.UnixMicro(), last+1)
		if s.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

// farAhead is how many microseconds a version may be ahead of the clock, ten years, before it is taken for damage.
const farAhead = 10 * 366 * 24 * int64(time.Hour/time.Microsecond)

// witness notes a version that was read. One far ahead of the clock is not followed: the versions of all records that are
// written later would be as high, and one damaged item would end with a store whose records nobody can read.
func (s *Store) witness(version int64) {
	if version > s.clock.Now().UnixMicro()+farAhead {
		return
	}
	for {
		last := s.last.Load()
		if version <= last || s.last.CompareAndSwap(last, version) {
			return
		}
	}
}
