package settings

import "time"

// Parts are what a deployment consists of, whoever has read them: the template before it is deployed, or the account afterwards.
// What was not looked at is nil, and counts as right.
type Parts struct {
	// Mend is what to do about a part that is not there.
	Mend string
	// Worker, Sweeper and API are the functions.
	Worker, Sweeper, API *Function
	// Parcels is the queue that the worker takes from, DeadLetters the one for what it gives up.
	Parcels, DeadLetters *Queue
	// Schedule is what starts the sweeper.
	Schedule *Schedule
}

// Function is one as Lambda has it.
type Function struct {
	// Name is the one that it is found by.
	Name string
	// Absent means that there is none of that name with the alias live.
	Absent bool
	// Timeout is Lambda's own, 0 when it could not be read; Variables is the environment, nil when it could not be read.
	Timeout   time.Duration
	Variables map[string]string
	// Reserved is how often it may run at once; nil when nothing but the account bounds it.
	Reserved *int
}

// Queue is a queue and how its messages reach the function that is to have them.
type Queue struct {
	Name string
	// Delay is how long it holds back what is sent, Visibility how long it hides what was received.
	Delay, Visibility time.Duration
	// Fed is whether mappings were looked at: Mappings are all that feed the function.
	Fed      bool
	Mappings []Mapping
}

// Mapping is an event source mapping from a queue to a function.
type Mapping struct {
	// Name is what it is called, State such as Enabled or Disabled.
	Name, State string
	// To is the alias or the version that it feeds; $LATEST for none.
	To string
	// BatchSize is how many messages one invocation gets at most, Window how long Lambda waits for so many.
	BatchSize int
	Window    time.Duration
	// MaxConcurrency is how many invocations there are at once at most; 0 means as many as the account allows.
	MaxConcurrency int
	// Partial is whether an answer names the messages that failed; Filtered whether some messages are left out.
	Partial, Filtered bool
}

// Schedule is what starts the sweeper: the rules whose target it is.
type Schedule struct{ Rules []Trigger }

// Trigger is one rule.
type Trigger struct {
	Name, Expression string
	On               bool
}

const (
	// Alias is how events reach a function.
	Alias = "live"
	// everyMinute is how often the sweeper comes.
	everyMinute = "rate(1 minute)"
	// batchesOfDead is how many batches of dead letters the sweeper takes in at once; sweeps is how often it runs at once for
	// these and its schedule.
	batchesOfDead = 2
	sweeps        = batchesOfDead + 1
)

// Chosen is the mapping that counts, the one to the alias before all others; nil when there is none.
func (q *Queue) Chosen() *Mapping {
	if q == nil || len(q.Mappings) == 0 {
		return nil
	}
	for i := range q.Mappings {
		if q.Mappings[i].To == Alias {
			return &q.Mappings[i]
		}
	}
	return &q.Mappings[0]
}

// Into puts what Lambda has into the deployment, in place of what the worker is told of it.
func (p *Parts) Into(d *Deployed) {
	d.ReportBatchItemFailures = true // as long as no mapping says otherwise
	if p.Worker != nil && p.Worker.Timeout > 0 {
		d.FunctionTimeout = p.Worker.Timeout
	}
	m := p.Parcels.Chosen()
	if m == nil {
		return
	}
	d.BatchSize, d.BatchWindow, d.ReportBatchItemFailures = m.BatchSize, m.Window, m.Partial
	if m.MaxConcurrency > 0 {
		d.MaxConcurrency = m.MaxConcurrency
	}
}
