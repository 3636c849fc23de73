package settings

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// role is a function with what it reads, and how often it runs at once.
type role struct {
	*Function
	part  string
	known []string
	least int
}

func (f *fitting) roles() []role {
	p := f.parts
	return slices.DeleteFunc([]role{
		{p.Worker, "worker", names(Variables[Worker]()), f.invocations()},
		{p.Sweeper, "sweeper", names(Variables[Sweeper]()), sweeps},
		{p.API, "api", names(Variables[API]()), 1},
	}, func(r role) bool { return r.Function == nil })
}

func names(list []Variable) []string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = list[i].Name
	}
	return all
}

// invocations is how many of the worker's there are at once at most.
func (f *fitting) invocations() int {
	if m := f.parts.Parcels.Chosen(); m != nil && m.MaxConcurrency > 0 {
		return m.MaxConcurrency
	}
	if f.parts.Worker == nil {
		return 0
	}
	told, _ := strconv.Atoi(f.parts.Worker.Variables["MB_MAX_CONCURRENCY"]) // what is no number is a problem of its own
	return told
}

// functions are about each function by itself.
func (f *fitting) functions() {
	for _, r := range f.roles() {
		if r.Absent {
			f.problem("function "+r.Name, "not there", "deployed, with the alias "+Alias, f.parts.Mend)
			continue
		}
		f.timeout(r)
		for _, advice := range strangers(r.Variables, r.known, " of the "+r.part) {
			f.problem("environment of "+r.Name, "", "", advice)
		}
		if r.Reserved != nil && *r.Reserved < r.least {
			f.problem("reserved concurrency of "+r.Name, fmt.Sprint(*r.Reserved), fmt.Sprintf("none, or at least %d", r.least),
				"remove it (aws lambda delete-function-concurrency --function-name "+r.Name+", in a template ReservedConcurrentExecutions), or raise it: what finds no room is refused, and a message counts as received")
		}
	}
}

// timeout: a function goes by what it is told of its timeout.
func (f *fitting) timeout(r role) {
	told := parsed(r.Variables["MB_FUNCTION_TIMEOUT"])
	if told >= 0 && r.Timeout > 0 && told != r.Timeout {
		f.problem("MB_FUNCTION_TIMEOUT of "+r.Name, told.String(), r.Timeout.String()+", the function's timeout",
			"set both to the same: the function would be killed while it believes that it has time, or leave time unused")
	}
}

// shared are the variables of which functions on one table must be told the same; carried are those that the worker and the
// sweeper share besides: the one takes up what the other has begun.
func shared() []string {
	return []string{"MB_TABLE", "MB_QUEUE_URL", "MB_EPOCH", "MB_PRICES", "MB_REQUIRE_BUDGET"}
}

func carried() []string {
	return []string{"MB_MARGIN", "MB_CALL_TIMEOUT", "MB_CLAUDE_KEY_PARAMETER", "ANTHROPIC_BASE_URL"}
}

// agree: the functions must be told the same of what they share.
func (f *fitting) agree() {
	worker := f.parts.Worker
	if worker == nil || worker.Variables == nil {
		return
	}
	for _, r := range f.roles()[1:] {
		if r.Variables == nil {
			continue
		}
		which := shared()
		if r.part == "sweeper" {
			which = append(which, carried()...)
		}
		for _, name := range which {
			if told, wants := r.Variables[name], worker.Variables[name]; effective(name, told) != effective(name, wants) {
				f.problem(name+" of "+r.Name, brief(name, told), brief(name, wants)+", as the worker's", f.parts.Mend+": functions on one table must agree")
			}
		}
	}
}

// effective is what a text comes to: a default where there is none, and one duration however it is written.
func effective(name, text string) string {
	for _, v := range Variables[Worker]() {
		if v.Name == name && text == "" {
			text = v.Default
		}
	}
	if d := parsed(text); d >= 0 {
		return d.String()
	}
	return text
}

// brief is a value without quotes; none that is long, or may be a secret.
func brief(name, value string) string {
	switch {
	case value == "":
		return "not set"
	case len(value) > 100:
		return fmt.Sprintf("a text of %d bytes", len(value))
	case secret(value), name == "MB_CLAUDE_KEY_PARAMETER" && !IsParameterName(value):
		return hidden(value)
	}
	return value
}

// Strangers says of each variable that looks like a setting and is none what to write instead: it would be passed over in silence.
func Strangers(variables map[string]string) []string {
	known := slices.Concat(names(Variables[Worker]()), names(Variables[Sweeper]()), names(Variables[API]()))
	return strangers(variables, known, "")
}

func strangers(variables map[string]string, known []string, whose string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if strings.HasPrefix(name, "MB_") && !slices.Contains(known, name) {
			list = append(list, name+" is no setting"+whose+": "+instead(name, known))
		}
	}
	return list
}

// instead says what to write, if one name is near enough.
func instead(name string, known []string) string {
	near, least := "", 4
	for _, other := range known {
		if d := distance(name, other); d < least {
			near, least = other, d
		}
	}
	if near == "" {
		return "docs/settings.md lists them"
	}
	return "write " + near
}

// distance is how many letters must be put in, taken out or changed to make one text the other.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
