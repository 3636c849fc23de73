package books

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// pace is what the record of the model says, and what calls have made of it.
type pace struct {
	record quota.Provider
	some   bool
	// since is when the record first had its present rate of calls; openAt when its breaker opened, zero while closed.
	since, openAt time.Time
	// pauses are the times at which the provider wanted no call, and when the record had them.
	pauses []pause
	// prober has the one probe, since when; formerly is who had it before, until when the others may not know.
	prober, formerly string
	formerlyUntil    time.Time
	probed           map[string]bool
	// starts and retries are what calls and repeated attempts may still take.
	starts, retries level
	// told is what the write that is looked at has to say; failed counts the failures that were written with no answer
	// beside them since the breaker was last open.
	told   Told
	failed int
}

type pause struct{ at, until time.Time }

// Told is what the provider has told a machine since it last wrote to the record: to make no call before Until, that all
// calls stop, that its guard has seen enough, that a call was answered, and how many failed since. Answering is true while any
// machine has heard an answer that it has not told of.
type Told struct {
	Until                    time.Time
	Stops, Tripped, Answered bool
	Failures                 int
	Answering                bool
}

// Plus is t and what was told besides.
func (t Told) Plus(other Told) Told {
	if other.Until.After(t.Until) {
		t.Until = other.Until
	}
	return Told{
		t.Until, t.Stops || other.Stops, t.Tripped || other.Tripped, t.Answered || other.Answered, t.Failures + other.Failures,
		t.Answering || other.Answering,
	}
}

// level is a bucket by the true time.
type level struct {
	most, left, perSecond float64
	at                    time.Time
}

func (l *level) refill(now time.Time) {
	l.left, l.at = min(l.left+l.perSecond*now.Sub(l.at).Seconds(), l.most), now
}

// paceRecord takes the record of a model in.
func (b *Books) paceRecord(key ports.Key) {
	body, found := b.store.Read(key)
	var next quota.Provider
	if err := json.Unmarshal(body, &next); err != nil || !found {
		b.Fail("provider %s: %v", key.Sort, err)
		return
	}
	p, now := &b.pace, b.now()
	if p.probed == nil {
		p.probed = map[string]bool{}
	}
	was := p.record
	if rate := next.Requests.Rate; !p.some || rate != was.Requests.Rate {
		p.since = now
		// What starts late, and what other clocks make of it, starts within this time; and each call that a machine has
		// room for may wait for as long as it stood still.
		const late = 10 * time.Second
		perSecond := float64(rate.PerMinute) / 60
		most := float64(max(rate.Burst, 1)) + float64(b.Slots) + perSecond*late.Seconds()
		p.starts = level{most, most, perSecond, now}
		p.retries = level{quota.RetryBurst, quota.RetryBurst, quota.RetryPerMinute / 60.0, now}
	}
	b.heard(key.Sort, &was, &next)
	open := next.Breaker.State == quota.Open || next.Breaker.State == quota.Probing
	switch {
	case !open:
		p.openAt, p.formerly = time.Time{}, ""
	case p.openAt.IsZero():
		p.openAt = now
	}
	if owner := next.Breaker.Owner; owner != p.prober {
		if p.prober != "" && open {
			p.formerly, p.formerlyUntil = p.prober, now.Add(b.Fresh+b.Margin)
		}
		p.prober = owner
	}
	if !next.Closed.Equal(was.Closed) {
		p.pauses = append(p.pauses, pause{now, next.Closed})
	}
	p.record, p.some = next, true
}

// heard checks that the record says what the machine that writes it was told.
func (b *Books) heard(model string, was, next *quota.Provider) {
	told, now := b.pace.told, b.now()
	if b.Wild {
		return
	}
	if longest := now.Add(quota.MaxOpen); told.Until.After(longest) {
		told.Until = longest // longer is not believed
	}
	if told.Until.Sub(now) > b.Margin && next.Closed.Before(told.Until.Add(-b.Margin)) {
		b.Fail("provider %s: no call is wanted until %s, the record says %s", model, told.Until, next.Closed)
	}
	wasOpen := was.Breaker.State == quota.Open || was.Breaker.State == quota.Probing
	isOpen := next.Breaker.State == quota.Open || next.Breaker.State == quota.Probing
	if (told.Stops || told.Tripped) && !told.Answered && !wasOpen && !isOpen {
		b.Fail("provider %s: it stops all calls or fails, and the record says that it is called: %+v", model, told)
	}
	// A paid answer is stored before it is told of, however long the store takes. Until then nobody but its machine knows which
	// failures it came after: those before it no longer count, and those after it begin a new row.
	if b.pace.failed += told.Failures; told.Answered || told.Answering || wasOpen || isOpen {
		b.pace.failed = 0
	}
	if b.pace.failed >= quota.Trips {
		b.Fail("provider %s: it has failed %d times in a row, and the breaker is closed", model, b.pace.failed)
	}
	for i, rate := range []quota.Rate{next.Requests.Rate, next.Input.Rate, next.Output.Rate} {
		if b.Paced && rate.PerMinute != 0 && rate.PerMinute != b.Rates[i] {
			b.Fail("provider %s: it takes %v a minute, the record has %d as number %d", model, b.Rates, rate.PerMinute, i)
		}
	}
}

// probe is the probe that the owner of a lease has been let through as, or empty. It is named for the owner, and numbered.
func (p *pace) probe(owner string, now time.Time) string {
	if name, _, _ := strings.Cut(p.prober, "/"); name == owner {
		return p.prober
	}
	if name, _, _ := strings.Cut(p.formerly, "/"); name == owner && now.Before(p.formerlyUntil) {
		return p.formerly
	}
	return ""
}

// paced checks that a call may be made by what all machines share: the breaker, the provider's pauses, the rate and the
// budget of repeated attempts. Owner is whoever makes it, opened when its money was held.
func (b *Books) paced(who, owner string, opened time.Time, repeats bool) {
	p, now := &b.pace, b.now()
	if !p.some {
		return
	}
	fresh := b.Fresh + b.Margin
	if probe := p.probe(owner, now); probe != "" && !p.openAt.IsZero() {
		b.Probes++
		if p.probed[probe] {
			b.Fail("%s as a second probe of one interval", who)
		}
		p.probed[probe] = true
	} else if !p.openAt.IsZero() && now.Sub(p.openAt) > fresh {
		b.Fail("%s %s after the breaker opened, and %q has the probe", who, now.Sub(p.openAt), p.prober)
	}
	kept := p.pauses[:0]
	for _, pause := range p.pauses {
		if now.Sub(pause.at) > fresh && pause.until.Sub(now) > b.Margin && pause.until.Sub(pause.at) < 2*quota.MaxOpen {
			b.Fail("%s, and the provider asked at %s for none until %s", who, pause.at, pause.until)
		}
		if pause.until.After(now) {
			kept = append(kept, pause)
		}
	}
	p.pauses = kept
	// What was opened when nothing was known of the provider starts when it is ready.
	if opened.Sub(p.since) < fresh || !b.Paced || p.record.Requests.Rate.PerMinute == 0 {
		p.starts.at, p.retries.at = now, now
		return
	}
	p.starts.refill(now)
	if p.starts.left--; p.starts.left < 0 {
		b.Fail("%s above the rate of %d a minute", who, p.record.Requests.Rate.PerMinute)
	}
	p.retries.refill(now)
	if !repeats {
		p.retries.left = min(p.retries.left+1.0/quota.FirstsPerRetry, p.retries.most)
		return
	}
	if p.retries.left--; p.retries.left < -float64(b.Slots)-2 {
		b.Fail("%s again, and the budget of repeated attempts is used up", who)
	}
}
