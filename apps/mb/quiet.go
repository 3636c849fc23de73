package main

import (
	"cmp"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/job"
)

const (
	// usualQuiet is for how long a deployment may take nothing of a job before the person is told: messages are taken within
	// seconds. While calls are open, or all pages wait for their next try, it may be longer by busyQuiet: a worker that has
	// died keeps its lease for minutes.
	usualQuiet = time.Minute
	busyQuiet  = 5
)

// lull is how long a job has not moved, and when the person is told of it the next time.
type lull struct {
	since time.Time
	next  time.Duration
}

// grows takes a look at the job and says whether the person is to be told, and of how long a lull: after least, and each time
// that it has doubled.
func (l *lull) grows(now time.Time, moved bool, least time.Duration) (time.Duration, bool) {
	if moved || l.since.IsZero() {
		l.since, l.next = now, 0
		return 0, false
	}
	still := now.Sub(l.since)
	if still < max(l.next, least) {
		return 0, false
	}
	l.next = 2 * still
	return still, true
}

// hush tells that nobody works on the job, which looks like a slow one otherwise: once, and then now and then.
func (d *drive) hush() {
	if !d.sys.Crew.far() || d.stopping {
		return
	}
	least := cmp.Or(d.quiet, usualQuiet)
	waiting, resting := 0, 0
	for reason, n := range d.last.Waiting {
		if waiting += n; reason == job.ReasonBudget || reason == job.ReasonBreaker || reason == job.ReasonBatch {
			resting += n
		}
	}
	open := d.last.Counts.Open()
	if d.last.Counts[job.TaskRunning] > 0 || waiting == open {
		least *= busyQuiet
	}
	// For money, a provider that is down, or a batch, all may wait for as long as it takes.
	still, tell := d.lull.grows(d.sys.Engine.Clock.Now(), d.news || resting == open, least)
	if tell {
		d.say(fmt.Sprintf("no worker has taken anything for %s: %s shows what is wrong", still.Round(time.Second), d.doctor))
	}
}
