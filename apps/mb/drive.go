package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// drive works on one job in the foreground.
type drive struct {
	sys   *system
	watch *watch
	stop  interrupts
	id    job.ID
	// until says that there is nothing more to be done.
	until func(engine.Progress) bool
	// show is shown how it goes; nil for nothing.
	show *screen.Screen

	// patience is how long the store may fail, without a page coming to its end, before the work is given up; 0 means 10 s.
	patience time.Duration

	// within bounds the time until the job is done with; 0 means no bound.
	within time.Duration

	// quiet is for how long a deployment may take nothing of the job before the person is told; 0 means a minute. doctor is
	// the command that shows what is wrong.
	quiet  time.Duration
	doctor string
	lull   lull

	last engine.Progress
	// news is true when the last look found something new. mute is since when the store does not answer.
	news bool
	mute time.Time
	// stopping is true once no call is begun any more, complained once the person knows that none succeeds, foreseen once
	// it was said what the job will come to.
	stopping, complained, foreseen bool
	// foreseeAt is how many pages must have ended before the outlook is asked for again.
	foreseeAt int
	// opened is how many openings of the breaker the person knows of.
	opened int
	failed error
}

// settled is the until of a job that is run: it has ended, or reads paused.
func settled(p engine.Progress) bool { return p.Job.State.Ended() || p.Job.State == job.StatePaused }

// run works until the job is done with, or somebody stops it, and returns how the job stands then. Calls in flight are
// finished, but after the second interrupt. An error means that the work could not go on.
func (d *drive) run() (engine.Progress, error) {
	d.sys.Crew.on(d.id)
	d.watch.on(d.id)
	ctx, cut := context.WithCancel(d.stop.hard)
	defer cut()
	ended := make(chan error, 1)
	go func() { ended <- d.sys.Crew.Run(ctx) }()
	next := time.NewTimer(0)
	defer next.Stop()
	begun := d.sys.Engine.Clock.Now()
	interrupted := d.stop.soft.Done()
	for {
		select {
		case err := <-ended:
			return d.end(err)
		case <-interrupted:
			interrupted = nil
			d.halt()
			d.say(d.farewell())
		case <-d.watch.moved:
		case <-next.C:
		}
		d.look(ctx, cut)
		d.expire(begun, cut)
		next.Reset(d.sys.Crew.rest(d.last, d.news))
	}
}

// look reads how the job stands, shows it, and stops the work when there is nothing more to be done, or no way to do it.
func (d *drive) look(ctx context.Context, cut context.CancelFunc) {
	if ctx.Err() != nil {
		return
	}
	p, err := d.sys.Engine.Progress(ctx, d.id)
	if err != nil {
		if ctx.Err() == nil && !d.bears(err) {
			d.failed = err
			cut()
		}
		return
	}
	d.news, d.mute = differs(d.last, p), time.Time{}
	d.last = p
	if d.show != nil && !d.until(p) { // the last view is for the end
		d.show.Show(viewOf(p, d.sys.Engine.Clock.Now(), d.stopping))
	}
	d.complain()
	d.outage(ctx)
	d.hush()
	d.foresee(ctx)
	if a := d.watch.of(ports.EventCorrupt); a.count > 0 && d.failed == nil {
		d.failed = fault.New(fault.Corrupt, "job %s cannot go on: %s", d.id, a.detail)
		d.halt()
	}
	if d.until(p) {
		d.halt()
	} else if d.stuck() {
		cut()
	}
}

// differs reports whether anything has happened between two looks.
func differs(before, now engine.Progress) bool {
	return before.Job == nil || before.Job.State != now.Job.State || before.Counts != now.Counts || before.Settled != now.Settled
}

// bears reports whether an error of the store is one to wait over: a network may be away for a while, and the work of others
// goes on.
func (d *drive) bears(err error) bool {
	kind := fault.KindOf(err)
	if !d.sys.Crew.far() || kind != fault.Unavailable && kind != fault.Throttled {
		return false
	}
	now := d.sys.Engine.Clock.Now()
	if d.mute.IsZero() {
		d.mute = now
		d.say("the store does not answer, it is asked again: " + outer(fault.OneLine(err, 300)))
	}
	return now.Sub(d.mute) < cmp.Or(d.patience, silence)
}

// expire gives up when the job takes too long to get to where it is wanted.
func (d *drive) expire(begun time.Time, cut context.CancelFunc) {
	if d.within == 0 || d.stopping || d.failed != nil || d.sys.Engine.Clock.Now().Sub(begun) < d.within {
		return
	}
	d.failed = fault.New(fault.Unavailable, "job %s has not come to rest within %s: what is left is done by the deployment, whose sweeper comes each minute: look again with mb jobs show",
		d.id, d.within)
	cut()
}

// farewell is what is said at the first interrupt.
func (d *drive) farewell() string {
	if d.sys.Crew.far() {
		return "no longer following: the job goes on in the deployment"
	}
	return "stopping: calls in flight finish; Ctrl-C again stops at once"
}

// usualPatience is longer than a busy disk makes anybody wait.
const usualPatience = 10 * time.Second

// stuck gives the work up when the store of this process has failed for too long: what cannot be written cannot be settled
// either, and waiting for it would look like working.
func (d *drive) stuck() bool {
	since, why := d.watch.store.failing()
	if since.IsZero() || d.failed != nil || d.sys.Engine.Clock.Now().Sub(since) < cmp.Or(d.patience, usualPatience) {
		return false
	}
	d.failed = fault.New(fault.Unavailable, "job %s cannot go on, the store cannot be written: %s: mend that (a full disk needs room), then continue the job",
		d.id, outer(why))
	return true
}

// manyFailures is how many calls fail in a row before the person is told: fewer are everyday.
const manyFailures = 3

// complain tells once why no call succeeds, and again when some did since.
func (d *drive) complain() {
	if a := d.watch.of(ports.EventBreakerOpened); a.count > d.opened {
		d.opened = a.count
		d.say("the provider fails: " + a.detail + ", then one call tries again")
	}
	why := d.watch.failing(manyFailures)
	if why != "" && !d.complained {
		d.say("no call succeeds, they are tried again: " + outer(why))
	}
	d.complained = why != ""
}

// outage tells, once for each time, that the provider fails: what others call, this process sees in their record alone.
func (d *drive) outage(ctx context.Context) {
	if !d.sys.Crew.far() || d.news {
		return
	}
	p, err := d.sys.Engine.Provider(ctx, d.last.Job.Model)
	if err != nil || p.Breaker.Opened == d.opened {
		return
	}
	if d.opened = p.Breaker.Opened; p.Breaker.State == quota.Open {
		d.say("the provider " + fails(p.Breaker))
	}
}

// fails says why no call is made, and until when.
func fails(b quota.Breaker) string {
	return fmt.Sprintf("fails (%s): no call until %s UTC, then one tries", b.Reason, b.Until.UTC().Format(time.DateTime))
}

// foreseeAgain is how many pages later the outlook is asked for again that does not rest on the job's own pages yet.
const foreseeAgain = 25

// foresee says once what the job will come to, as soon as its own pages tell.
func (d *drive) foresee(ctx context.Context) {
	ended := d.last.Counts.Total() - d.last.Counts.Open()
	if d.foreseen || d.show == nil || ended < max(d.foreseeAt, engine.Trusted) || d.last.Counts.Open() == 0 {
		return
	}
	d.foreseeAt = ended + foreseeAgain
	if o, err := d.sys.Engine.Outlook(ctx, d.id); err == nil && o.Measured && o.Open > 0 {
		d.foreseen = true
		d.say(fmt.Sprintf("outlook   %s in all, rarely above %s, going by the first %s pages",
			screen.USD(o.Cost.Expected), screen.USD(o.Cost.P95), screen.Number(o.Ended)))
	}
}

// halt lets the calls in flight finish and begins no others.
func (d *drive) halt() {
	d.stopping = true
	d.sys.Crew.Stop()
}

func (d *drive) say(line string) {
	if d.show != nil {
		d.show.Say(line)
	}
}

// end reads how the job stands at last. After the second interrupt nobody waits even for that.
func (d *drive) end(err error) (engine.Progress, error) {
	if d.failed != nil {
		return d.last, d.failed
	}
	if err != nil {
		return d.last, err
	}
	p, err := d.sys.Engine.Progress(d.stop.hard, d.id)
	if err == nil && d.show != nil {
		d.show.Close(viewOf(p, d.sys.Engine.Clock.Now(), false))
	}
	return p, err
}

// viewOf is what the screen shows of a job.
func viewOf(p engine.Progress, now time.Time, stopping bool) screen.View {
	v := screen.View{
		At: now, Total: p.Job.Layout.Tasks,
		Completed: p.Counts[job.TaskCompleted], Failed: p.Counts[job.TaskFailed], Cancelled: p.Counts[job.TaskCancelled],
		Running: p.Counts[job.TaskRunning],
		Spent:   p.Settled + p.Presumed, Held: p.Held, Cap: p.Job.Cap, Stopping: stopping, Waiting: waits(p),
	}
	// Free money of more than what a call holds is not what they wait for: they were not looked at since it came.
	free := v.Cap - v.Spent - v.Held
	if v.Running > 0 && free > v.Held/cost.Pico(v.Running) {
		p.Waiting = maps.Clone(p.Waiting)
		delete(p.Waiting, job.ReasonBudget)
		v.Waiting = waits(p)
	}
	open := p.Counts[job.TaskQueued] + p.Counts[job.TaskWaiting]
	v.Stuck = v.Running == 0 && open > 0 && p.Waiting[job.ReasonBudget] == open
	return v
}

// waits lists the reasons why pages wait.
func waits(p engine.Progress) (list []screen.Waiting) {
	for reason := range job.Reason(job.Reasons) {
		if n := p.Waiting[reason]; n > 0 {
			list = append(list, screen.Waiting{Reason: reason.String(), Pages: n})
		}
	}
	return list
}
