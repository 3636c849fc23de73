package engine

import (
	"context"
	"math/bits"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// fewParcels of a shard are all sent for at once: a message that has to wait for its turn costs little.
	fewParcels = 4
	// spreadEvery is how often a larger shard is sent for, unless its share of the rate is less than a parcel in that time.
	spreadEvery = time.Minute
)

// spread sends messages for the open parcels of a shard: of a large one a few at a time, as many as the provider's rate
// allows, and the shard's own message again for the rest. Sent all at once they would come, be told to wait, and be sent
// again, some of them for hours.
func (e *Engine) spread(ctx context.Context, f *facts, note *job.Note) error {
	number := *note.Shard
	if number < 0 || number >= f.layout.Shards {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Tenant: f.tenant, Job: string(f.id), RequestID: f.requestID, Fault: string(fault.Invalid), Detail: "the job has no such shard"})
		return nil
	}
	if f.laneAt(e.Clock.Now()) == cost.Batch {
		return nil // the sweeper collects
	}
	shard, err := e.shard(ctx, f, number)
	if err != nil || shard.Done {
		return err
	}
	most, again := e.portion(ctx, f, &shard, note.From)
	turn, parcels := note.From, f.layout.ParcelsOf(number)
	var open []int
	for ; turn < parcels && len(open) < most; turn++ {
		if slot := inTurn(turn, parcels); !shard.HasEnded(slot) {
			open = append(open, f.layout.Parcel(number, slot))
		}
	}
	if err := e.send(ctx, f, 0, open...); err != nil || turn >= parcels {
		return err
	}
	next := *note
	next.From = turn
	return e.Queue.Send(ctx, ports.Message{Body: next.Pack(), Group: f.tenant, Delay: again})
}

// inTurn is the slot whose turn it is: the last one of a shard comes right after the first. Tasks that are alike stand
// together, and the end of a job may be of another sort than its beginning: the first hundred are to tell of both what
// they cost.
func inTurn(turn, parcels int) int {
	switch turn {
	case 0:
		return 0
	case 1:
		return parcels - 1
	}
	return turn - 1
}

// scattered is the numbers below n, each far from those before it: the first few are spread over all.
func scattered(n int) []int {
	list, width := make([]int, 0, n), bits.Len(uint(max(n-1, 0)))
	for i := range uint(1) << width {
		if at := int(bits.Reverse(i) >> (bits.UintSize - width)); at < n {
			list = append(list, at)
		}
	}
	return list
}

// portion is how many parcels to send for now, and when to send for more. While as many as that are sent for and untouched
// it is none.
func (e *Engine) portion(ctx context.Context, f *facts, s *job.Shard, from int) (most int, again time.Duration) {
	parcels := f.layout.ParcelsOf(s.Number)
	if parcels <= fewParcels {
		return parcels, 0
	}
	known, _, err := e.lookAtProvider(ctx, e.pacer(f.model))
	known.Ramp = quota.Ramp{}
	perMinute := known.PerMinute(e.Clock.Now())
	if err != nil || perMinute == 0 {
		return parcels, 0 // nothing is known of limits: it may be that there are none
	}
	// A tenth more than the rate, so that nobody who could work has nothing to do.
	share := perMinute * 11 / 10 / int64(f.layout.Shards)
	most, again = max(int(share)/f.layout.ParcelSize, 1), spreadEvery
	if share < int64(f.layout.ParcelSize) {
		again = min(spreadEvery*time.Duration(f.layout.ParcelSize)/time.Duration(max(share, 1)), MaxDelay)
	}
	touched := (s.Tasks - s.Untouched + f.layout.ParcelSize - 1) / f.layout.ParcelSize
	if from-touched >= 2*max(most, fewParcels) {
		return 0, again
	}
	return most, again
}
