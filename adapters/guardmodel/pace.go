package guardmodel

import (
	"context"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// burst is for how long calls that were not made in time can be made up for. The provider fills its buckets all the time
// and may judge in spans much shorter than a minute.
const burst = 2 * time.Second

// pace holds the calls of one model to its rate. The times are all of the clock; one that jumps back grants nothing twice,
// one that jumps ahead grants one burst.
type pace struct {
	clock   ports.Clock
	maxWait time.Duration
	// fixed: the rate was set, and nothing is learned.
	fixed bool
	// rpm is the rate in force, in calls per minute; 0 while it is unknown, and then there is no limiter.
	rpm     atomic.Int64
	limiter atomic.Pointer[rate.Limiter]
	// mu makes a reservation that is too far away, and its return, one step: returned between others it would be lost.
	mu sync.Mutex
}

// learn takes over the rate that an answer tells of.
func (p *pace) learn(limit ports.Limit) {
	if p.fixed || !limit.Known || limit.Max < 1 || limit.Max == p.rpm.Load() {
		return
	}
	p.set(limit.Max)
}

// set changes the rate. What has been used of the old burst counts in the new one.
func (p *pace) set(rpm int64) {
	if rpm == 0 {
		return
	}
	perSecond := rate.Limit(float64(rpm) / 60)
	depth := int(min(max(math.Ceil(float64(perSecond)*burst.Seconds()), 1), math.MaxInt32))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rpm.Store(rpm)
	limiter := p.limiter.Load()
	if limiter == nil {
		p.limiter.Store(rate.NewLimiter(perSecond, depth))
		return
	}
	now := p.clock.Now()
	limiter.SetLimitAt(now, perSecond)
	limiter.SetBurstAt(now, depth)
}

// wait returns when it is the caller's turn, and whether that took any time.
func (p *pace) wait(ctx context.Context, model string) (waited bool, err error) {
	limiter := p.limiter.Load()
	if limiter == nil {
		return false, nil
	}
	now := p.clock.Now()
	if limiter.AllowN(now, 1) {
		return false, nil
	}
	turn, delay := p.reserve(limiter, now)
	if turn == nil {
		return false, fault.New(fault.Throttled, "guardmodel: call %s: not made: this process is at its %d calls per minute, "+
			"and the next turn is further away than %s", model, p.rpm.Load(), p.maxWait).After(delay)
	}
	if err := p.clock.Sleep(ctx, now.Add(delay)); err != nil {
		p.giveBack(turn)
		return true, notMade(model, err)
	}
	return true, nil
}

// reserve takes the next turn and says how far away it is; nil when that is too far.
func (p *pace) reserve(limiter *rate.Limiter, now time.Time) (*rate.Reservation, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn := limiter.ReserveN(now, 1)
	delay := turn.DelayFrom(now)
	if delay <= p.maxWait {
		return turn, delay
	}
	turn.CancelAt(now)
	return nil, delay
}

func (p *pace) giveBack(turn *rate.Reservation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	turn.CancelAt(p.clock.Now())
}
