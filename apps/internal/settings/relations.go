package settings

// Known is who can see a relation broken. Each sees what those before it see.
type Known int

const (
	// Process is a function by itself: it refuses to start with what would break every invocation.
	Process Known = iota
	// Template is the template with its parameters, before anything is deployed.
	Template
	// Account is what runs: the template's resources as they are now, and what the table holds.
	Account
)

// Problem is one relation that does not hold.
type Problem struct {
	// Setting is what to look at, Value what it is, Wants what it should be, Advice what to do.
	Setting, Value, Wants, Advice string
}

// String is the problem in one line.
func (p Problem) String() string {
	return p.Setting + " is " + p.Value + ", wanted is " + p.Wants + ": " + p.Advice
}

// Relations reports every relation that does not hold, as far as it can be known. None is the empty list.
func Relations(d Deployed, known Known) []Problem {
	var problems []Problem
	for _, r := range rules() {
		if r.known > known || r.holds(&d) {
			continue
		}
		problems = append(problems, Problem{Setting: r.Setting, Value: r.value(&d), Wants: r.wants(&d), Advice: r.Advice})
	}
	return problems
}

// Rule is one relation, for people.
type Rule struct {
	// Setting is what it is about, Relation what must hold, Advice what to do when it does not.
	Setting, Relation, Advice string
}

// Rules lists all relations.
func Rules() []Rule {
	var list []Rule
	for _, r := range rules() {
		list = append(list, r.Rule)
	}
	return list
}
