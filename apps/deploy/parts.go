package deploy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// Parts are what the stack would consist of.
func (s *Stack) Parts() settings.Parts {
	p := settings.Parts{
		Mend:   "write it as the built-in template has it",
		Worker: s.part(Worker), Sweeper: s.part(Sweeper), API: s.part(API), Schedule: s.schedule(),
	}
	parcels, dead := s.parcels(), s.given()
	if parcels != "" {
		p.Parcels = s.queue(parcels, Worker)
	}
	if dead != "" {
		p.DeadLetters = s.queue(dead, Sweeper)
	}
	return p
}

// part is a function as it is found: by its name and its alias.
func (s *Stack) part(function string) *settings.Function {
	r, there := s.Resources[function]
	p := &settings.Function{
		Name: "marketbrewer-" + s.Variables(Worker)["MB_STAGE"] + "-" + strings.ToLower(function), Timeout: seconds(r.Properties["Timeout"]), Variables: s.Variables(function),
	}
	p.Absent = !there || r.Properties["FunctionName"] != p.Name || s.aliased(function) == ""
	if kept, bound := r.Properties["ReservedConcurrentExecutions"]; bound {
		n := number(kept)
		p.Reserved = &n
	}
	if !there {
		p.Variables = nil
	}
	return p
}

// aliased is the alias "live" of a function.
func (s *Stack) aliased(function string) string {
	for _, id := range s.Typed("AWS::Lambda::Alias") {
		p := s.Resources[id].Properties
		if resourceOf(p["FunctionName"]) == function && p["Name"] == settings.Alias {
			return id
		}
	}
	return ""
}

// resourceOf is the logical id in a reference such as ${Worker} or ${Worker.Arn}, empty for another text.
func resourceOf(reference any) string {
	inner, is := strings.CutPrefix(fmt.Sprint(reference), "${")
	end := strings.IndexAny(inner, ".}")
	if !is || end < 0 {
		return ""
	}
	return inner[:end]
}

// parcels is the queue that the worker is told of, and given the one that takes what it gives up; empty for none of the stack's.
func (s *Stack) parcels() string {
	id := resourceOf(section(section(s.Resources[Worker].Properties, "Environment"), "Variables")["MB_QUEUE_URL"])
	if s.Resources[id].Type != "AWS::SQS::Queue" {
		return ""
	}
	return id
}

func (s *Stack) given() string {
	id := resourceOf(section(s.Resources[s.parcels()].Properties, "RedrivePolicy")["deadLetterTargetArn"])
	if s.Resources[id].Type != "AWS::SQS::Queue" {
		return ""
	}
	return id
}

// queue is a queue with what feeds the function from it.
func (s *Stack) queue(id, function string) *settings.Queue {
	p := s.Resources[id].Properties
	q := &settings.Queue{Name: id, Delay: seconds(p["DelaySeconds"]), Visibility: visibility(p), Fed: true}
	for _, name := range s.Typed("AWS::Lambda::EventSourceMapping") {
		m := s.Resources[name].Properties
		if to := s.pointed(m["FunctionName"]); resourceOf(m["EventSourceArn"]) == id && to[0] == function {
			q.Mappings = append(q.Mappings, mapped(name, to[1], m))
		}
	}
	return q
}

// usualVisibility is what SQS hides messages for when a queue does not say.
const usualVisibility = 30 * time.Second

func visibility(queue map[string]any) time.Duration {
	if _, set := queue["VisibilityTimeout"]; !set {
		return usualVisibility
	}
	return seconds(queue["VisibilityTimeout"])
}

// pointed is the function that a name stands for, and by which alias or version.
func (s *Stack) pointed(name any) [2]string {
	id := resourceOf(name)
	r := s.Resources[id]
	switch r.Type {
	case "AWS::Lambda::Alias":
		return [2]string{resourceOf(r.Properties["FunctionName"]), fmt.Sprint(r.Properties["Name"])}
	case "AWS::Lambda::Version":
		return [2]string{resourceOf(r.Properties["FunctionName"]), "version " + id}
	case "AWS::Lambda::Function":
		if _, by, some := strings.Cut(fmt.Sprint(name), "}:"); some {
			return [2]string{id, by}
		}
		return [2]string{id, "$LATEST"}
	}
	return [2]string{}
}

// mapped is a mapping as it would be.
func mapped(name, to string, m map[string]any) settings.Mapping {
	types, _ := m["FunctionResponseTypes"].([]any)
	filters, _ := section(m, "FilterCriteria")["Filters"].([]any)
	state := "Enabled"
	if on, set := m["Enabled"]; set && !isTrue(on) {
		state = "Disabled"
	}
	size := usualBatch
	if set, some := m["BatchSize"]; some {
		size = number(set)
	}
	return settings.Mapping{
		Name: name, State: state, To: to, BatchSize: size, Window: seconds(m["MaximumBatchingWindowInSeconds"]),
		MaxConcurrency: number(section(m, "ScalingConfig")["MaximumConcurrency"]),
		Partial:        slices.Contains(types, any("ReportBatchItemFailures")), Filtered: len(filters) > 0,
	}
}

// usualBatch is how many messages Lambda takes at once when a mapping does not say.
const usualBatch = 10

// schedule is what starts the sweeper by its alias.
func (s *Stack) schedule() *settings.Schedule {
	found := &settings.Schedule{}
	for _, id := range s.Typed("AWS::Events::Rule") {
		p := s.Resources[id].Properties
		targets, _ := p["Targets"].([]any)
		if slices.ContainsFunc(targets, func(t any) bool {
			target, _ := t.(map[string]any)
			return s.pointed(target["Arn"]) == [2]string{Sweeper, settings.Alias}
		}) {
			found.Rules = append(found.Rules, settings.Trigger{Name: id, Expression: fmt.Sprint(p["ScheduleExpression"]), On: p["State"] != "DISABLED"})
		}
	}
	return found
}
