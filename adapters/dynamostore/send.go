package dynamostore

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/marketbrewer/marketbrewer/adapters/internal/storetx"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// units are what a request took of the table's capacity.
type units struct{ read, write float64 }

// request is what is asked of DynamoDB, and about which records.
type request struct {
	operation string
	key       ports.Key
	// others is how many further records it is about.
	others int
}

// attempt sends one request once.
type attempt func(ctx context.Context) (units, error)

// once makes one attempt and tells the observer. The error is the context's own.
func (s *Store) once(ctx context.Context, r request, send attempt) (*failure, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	began := s.clock.Now()
	limited, cancel := s.clock.WithDeadline(ctx, began.Add(s.options.Timeout))
	used, err := send(undated{limited})
	cancel()
	var f *failure
	if err != nil {
		f = judge(err, s.table)
	}
	s.tell(ctx, r.operation, began, used, f)
	if f != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return f, nil
}

// undated hides the deadline of a context, but not its end: the deadline is of our clock, and the network's dialler would
// read it by the machine's.
type undated struct{ context.Context }

// Deadline implements context.Context.
func (undated) Deadline() (time.Time, bool) { return time.Time{}, false }

func (s *Store) tell(ctx context.Context, operation string, began time.Time, used units, f *failure) {
	if s.options.Observer == nil {
		return
	}
	now := s.clock.Now()
	event := ports.Event{
		Name: ports.EventStoreUsed, At: now, Duration: now.Sub(began), Detail: operation,
		ReadUnits: int(used.read), WriteUnits: int(used.write),
	}
	if f != nil {
		event.Fault = string(f.kind)
	}
	s.options.Observer.Observe(ctx, event)
}

// read sends a request that changes nothing, again if need be.
func (s *Store) read(ctx context.Context, r request, send attempt) error {
	for tries := 0; ; tries++ {
		f, err := s.once(ctx, r, send)
		if f == nil || err != nil {
			return err
		}
		failed := f.error(r)
		if !f.again {
			return failed
		}
		if err := s.pause(ctx, tries, failed); err != nil {
			return err
		}
	}
}

// error is the failure as others see it.
func (f *failure) error(r request) *fault.Error {
	about := storetx.Text(r.key)
	if r.others > 0 {
		about += " and " + strconv.Itoa(r.others) + " more"
	}
	return fault.New(f.kind, "dynamostore: %s %s: %s", r.operation, about, f.text)
}

// pause waits before a request is sent again. It returns the failure when there is no further retry, or no time for one
// before the context ends: what went wrong says more than that time is up.
func (s *Store) pause(ctx context.Context, tries int, failed error) error {
	if tries >= s.options.Retries {
		return failed
	}
	return s.wait(ctx, tries, failed)
}

// wait sleeps for a random time that may be twice as long after each try (full jitter), or returns the failure.
func (s *Store) wait(ctx context.Context, tries int, failed error) error {
	longest := s.options.MaxBackoff
	if tries < 16 {
		longest = min(longest, s.options.Backoff<<tries)
	}
	until := s.clock.Now().Add(time.Duration(s.ids.Jitter() * float64(longest)))
	if end, ok := ctx.Deadline(); ok && !until.Before(end) {
		return failed
	}
	return s.clock.Sleep(ctx, until)
}

func readUnits(c *types.ConsumedCapacity) units {
	if c == nil {
		return units{}
	}
	return units{read: aws.ToFloat64(c.CapacityUnits)}
}

func writeUnits(c *types.ConsumedCapacity) units {
	if c == nil {
		return units{}
	}
	return units{write: aws.ToFloat64(c.CapacityUnits)}
}
