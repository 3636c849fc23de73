package world

import (
	"math/rand/v2"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Config is everything about a run that its seed draws; with the seed it is the whole run.
type Config struct {
	Seed uint64
	// Intensity is the share of port calls that fail, in percent.
	Intensity int
	// Jobs and Tasks are how many jobs are submitted at most, and how many tasks each has at most.
	Jobs, Tasks int
	// Crowd makes every job as large as it may be.
	Crowd bool
	// ParcelSize, Calls, FlushResults, FlushAfter and CallTimeout are the engine's options.
	ParcelSize, Calls, FlushResults int
	FlushAfter, CallTimeout         time.Duration
	Limits                          job.Limits
	// Grim lets every message that comes again become a dead letter, and hands all of them to the engine.
	Grim bool
	// Hasty lets operators change their minds every few seconds.
	Hasty bool
	// Switched has somebody switch all spending off and on.
	Switched bool
	// Tight lets caps cover only part of what a job may come to.
	Tight bool
	// Machines is how many run at once. Functions drives them as a platform does, with Deadline for each invocation of up
	// to Batch messages; otherwise each runs the local worker.
	Machines  int
	Functions bool
	Deadline  time.Duration
	Batch     int
	// Visibility and MaxReceives are the queue's.
	Visibility  time.Duration
	MaxReceives int
	// RPM, ITPM and OTPM are how many calls, uncached prompt tokens and generated tokens the provider takes in a minute, 0
	// for any number; the rest it throttles. Enforced is the time for which a full bucket lasts. Lying lets its headers be
	// missing or wrong now and then.
	RPM, ITPM, OTPM int
	Enforced        time.Duration
	Lying           bool
	// Outages lets it fail for minutes now and then; Unsteady is how often, in percent, a call is done and its answer lost.
	Outages  bool
	Unsteady int
	// Guard puts a breaker of its own before each machine's client.
	Guard bool
	// Profile makes prompts long enough for the provider to keep what they share.
	Profile bool
	// Batched is how many of the jobs, in percent, are in the lanes batch or auto; BatchTook the longest that a batch takes.
	Batched   int
	BatchTook time.Duration
	// Refusing is how often, in percent, the model declines.
	Refusing int
	// Latency is the longest that a call takes when all is well.
	Latency time.Duration
	// Stay is how often, in percent, whoever moved last goes on; Yield how often a store gives way inside of an Update.
	Stay, Yield int
	// Wild lets clocks deviate by more than the margin; Dear lets calls cost more than their hold.
	Wild, Dear bool
	// OtherVersion puts machines with another version of the kind beside the others, OldSchema some that write schema 0.
	OtherVersion, OldSchema bool
	// KeyLife is how long idempotency keys stand; 0 for ever.
	KeyLife time.Duration
	// MonthLimit is what a tenant's month may grant; 0 for no limit.
	MonthLimit cost.Pico
	// Horizon is how long the faults go on, Steps the most moves in that time.
	Horizon time.Duration
	Steps   int
	// Rewind sets the store back once, while queue and provider go on.
	Rewind bool
}

// Margin is how far clocks may deviate.
const Margin = 5 * time.Second

// oneDollar holds some 1,000 requests of this kind of work.
const oneCent = cost.Dollar / 100

// Draw draws the configuration of a seed.
func Draw(seed uint64) Config {
	d := rand.New(rand.NewPCG(seed, 0))
	upTo := func(least, most int) int { return least + d.IntN(most-least+1) }
	seconds := func(least, most int) time.Duration { return time.Duration(upTo(least, most)) * time.Second }
	c := Config{
		Seed: seed, Intensity: []int{0, 2, 4, 8, 16, 24}[d.IntN(6)],
		Jobs: upTo(1, 4), Tasks: upTo(1, 12), ParcelSize: upTo(1, 4), Calls: upTo(1, 8),
		FlushResults: upTo(1, 4), FlushAfter: seconds(0, 4) + time.Millisecond, CallTimeout: seconds(20, 90),
		Limits: job.Limits{Judged: upTo(1, 3), Unknown: upTo(1, 4), GiveUpAfter: time.Duration(upTo(10, 90)) * time.Minute},
		Tight:  d.IntN(3) == 0, Grim: d.IntN(8) == 0, Hasty: d.IntN(6) == 0, Machines: upTo(1, 3), Functions: d.IntN(2) == 0, Batch: upTo(1, 3),
		Visibility: seconds(20, 900), MaxReceives: upTo(2, 6), Latency: seconds(0, 15),
		Stay: []int{0, 30, 60, 90}[d.IntN(4)], Yield: []int{0, 30, 100}[d.IntN(3)],
		Wild: d.IntN(8) == 0, Dear: d.IntN(10) == 0, OtherVersion: d.IntN(8) == 0, OldSchema: d.IntN(5) == 0,
		Horizon: time.Duration(upTo(5, 120)) * time.Minute, Steps: upTo(200, 3000),
	}
	if d.IntN(24) == 0 {
		// Large enough for a shard to see what most of its tasks come to.
		c.Tasks, c.ParcelSize, c.Jobs, c.Refusing = upTo(25, 60), upTo(8, 25), 1, upTo(0, 90)
	}
	c.Deadline = 2*c.CallTimeout + seconds(10, 120)
	if d.IntN(4) == 0 {
		c.KeyLife = time.Duration(upTo(1, 12)) * time.Minute
	}
	if d.IntN(6) == 0 {
		c.MonthLimit = cost.Pico(upTo(1, 40)) * oneCent
	}
	if c.Dear && d.IntN(2) == 0 {
		c.MonthLimit = cost.Pico(upTo(1, 40)) * oneCent
	}
	if c.Grim {
		c.MaxReceives = 1
	}
	c.Rewind = d.IntN(16) == 0
	c.Enforced = []time.Duration{5 * time.Second, 20 * time.Second, time.Minute}[d.IntN(3)]
	if d.IntN(2) == 0 {
		c.RPM = []int{4, 10, 30, 60, 120, 600}[d.IntN(6)]
		c.Lying = d.IntN(5) == 0
		if d.IntN(2) == 0 {
			c.ITPM, c.OTPM = c.RPM*upTo(200, 1000), c.RPM*upTo(200, 800)
		}
	}
	c.Profile, c.Guard, c.Outages = d.IntN(2) == 0, d.IntN(2) == 0, d.IntN(4) == 0
	c.Batched = []int{0, 0, 30, 60, 100}[d.IntN(5)]
	c.BatchTook = []time.Duration{time.Minute, 10 * time.Minute, time.Hour}[d.IntN(3)]
	c.Switched = d.IntN(4) == 0
	// What takes a large job shows only there: some of the first seeds are that, so that it shows soon.
	switch {
	case seed%300 == 7:
		// So many answers are lost that a budget of repeated attempts is needed.
		c.crowd(200)
		c.Calls, c.Machines, c.Unsteady, c.RPM, c.Limits.Unknown = 4, 2, 40, 600, 6
	case seed%60 == 11:
		// So many tasks for a slow provider that they would be made long before their turn.
		c.crowd(30)
		c.Calls, c.Machines, c.RPM = upTo(1, 3), upTo(1, 2), []int{30, 60}[d.IntN(2)]
	}
	return c
}

// crowd makes it a run of one large job that is called one by one, in which little else goes wrong.
func (c *Config) crowd(tasks int) {
	c.Crowd, c.Tasks, c.ParcelSize, c.Jobs, c.Batched, c.Tight, c.MonthLimit, c.Outages = true, tasks, 25, 1, 0, false, 0, false
	c.ITPM, c.OTPM, c.Lying, c.Enforced, c.Latency, c.Refusing = 0, 0, false, time.Minute, time.Second, 0
	c.Intensity, c.Yield, c.Steps, c.Horizon = min(c.Intensity, 2), 0, 15_000, 2*time.Hour
}
