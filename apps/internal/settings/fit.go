package settings

import (
	"fmt"
	"strings"
	"time"
)

// Fit reports what is wrong with the parts of a deployment and between them, besides the relations.
func Fit(p Parts) []Problem {
	f := &fitting{parts: p}
	f.functions()
	f.agree()
	f.queues()
	f.schedule()
	return f.problems
}

type fitting struct {
	parts    Parts
	problems []Problem
}

func (f *fitting) problem(setting, value, wants, advice string) {
	f.problems = append(f.problems, Problem{Setting: setting, Value: value, Wants: wants, Advice: advice})
}

// queues are about how messages lie, and about how they reach the functions.
func (f *fitting) queues() {
	p := f.parts
	f.delay(p.Parcels)
	f.delay(p.DeadLetters)
	if q := p.DeadLetters; q != nil && p.Sweeper != nil {
		if least := 6 * p.Sweeper.Timeout; q.Visibility < least {
			f.problem("visibility timeout of "+q.Name, q.Visibility.String(), fmt.Sprintf("at least %s, 6 x the sweeper's timeout of %s", least, p.Sweeper.Timeout),
				"raise the visibility timeout of the dead-letter queue: messages would show again while they are taken in, and count twice")
		}
	}
	f.feed(p.Parcels, p.Worker, "nobody takes parcels from the queue", f.toldMost())
	f.feed(p.DeadLetters, p.Sweeper, "messages that were given up would lie there unseen", fmt.Sprint(batchesOfDead))
	if m := p.DeadLetters.Chosen(); m != nil && p.Sweeper != nil && !m.Partial { // the worker's is a relation
		f.problem("partial batch responses of the "+mappingOf(p.DeadLetters, p.Sweeper), "off", "on",
			"set FunctionResponseTypes: [ReportBatchItemFailures] on mapping "+m.Name+": one failed message would bring back all")
	}
}

// toldMost is what the worker's mapping should have as its maximum.
func (f *fitting) toldMost() string {
	if f.parts.Worker == nil {
		return "at least 2"
	}
	if told := f.parts.Worker.Variables["MB_MAX_CONCURRENCY"]; told != "" && !secret(told) {
		return told + ", as the worker is told"
	}
	return "at least 2"
}

// delay: a queue must not hold back what is sent to it.
func (f *fitting) delay(q *Queue) {
	if q != nil && q.Delay > 0 {
		f.problem("delay of queue "+q.Name, q.Delay.String(), "none",
			"set the queue's DelaySeconds to 0: every message would wait that long, also the ones that are sent again")
	}
}

func mappingOf(q *Queue, to *Function) string { return "mapping from " + q.Name + " to " + to.Name }

// feed is about the way that messages take from a queue to a function.
func (f *fitting) feed(q *Queue, to *Function, otherwise, most string) {
	if q == nil || to == nil || !q.Fed {
		return
	}
	setting, chosen := mappingOf(q, to), q.Chosen()
	if chosen == nil {
		f.problem(setting, "not there", "Enabled", f.parts.Mend+": "+otherwise)
		return
	}
	for i := range q.Mappings {
		if m := &q.Mappings[i]; m != chosen && m.State != "Disabled" {
			f.problem(setting, "there twice", "there once", "delete mapping "+m.Name+": it has limits of its own")
		}
	}
	switch chosen.State {
	case "Enabled":
	case "Creating", "Enabling", "Updating":
		f.problem(setting, chosen.State, "Enabled", "look again in a minute: mapping "+chosen.Name+" is being changed")
	default:
		f.problem(setting, chosen.State, "Enabled", "enable mapping "+chosen.Name+": "+otherwise)
	}
	if chosen.To != Alias {
		f.problem(setting, "to "+chosen.To, "to the alias "+Alias, f.parts.Mend+", mapping "+chosen.Name+
			" passes it by: a deployment would change nothing, and neither would the way back")
	}
	if chosen.Filtered {
		f.problem(setting, "filtered", "for all messages", "take FilterCriteria off mapping "+chosen.Name+": Lambda deletes what they leave out")
	}
	if chosen.MaxConcurrency == 0 {
		f.problem("maximum concurrency of the "+setting, "not set", most,
			"set ScalingConfig: {MaximumConcurrency} on mapping "+chosen.Name+": as many invocations would run as the account allows")
	}
}

// schedule: nothing else finds what was lost, or carries batches and wishes.
func (f *fitting) schedule() {
	s, sweeper := f.parts.Schedule, f.parts.Sweeper
	if s == nil || sweeper == nil {
		return
	}
	var on []string
	for _, rule := range s.Rules {
		if rule.On {
			on = append(on, rule.Expression)
		}
	}
	setting, otherwise := "schedule of "+sweeper.Name, ": nothing that is lost would be found, and batches and pauses would wait for ever"
	switch {
	case len(s.Rules) == 0:
		f.problem(setting, "not there", everyMinute, f.parts.Mend+otherwise)
	case len(on) == 0:
		f.problem(setting, "off", "on", "enable the rule (aws events enable-rule --name "+s.Rules[0].Name+", in a template State: ENABLED)"+otherwise)
	case len(on) > 1 || on[0] != everyMinute:
		f.problem(setting, strings.Join(on, " and "), everyMinute, f.parts.Mend+": lost messages, batches and pauses wait for the sweeper")
	}
}

// parsed is a text's duration; below 0 when it is none.
func parsed(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return -1
	}
	return d
}
