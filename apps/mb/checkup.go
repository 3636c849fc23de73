package main

import (
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
)

// checkup is what a check has found.
type checkup struct {
	title    string
	figures  []deployment.Figure
	problems []settings.Problem
	// unseen is what could not be looked at, each with why.
	unseen []string
}

func (c *checkup) figure(name, format string, args ...any) {
	c.figures = append(c.figures, deployment.Figure{Name: name, Text: fmt.Sprintf(format, args...)})
}

func (c *checkup) problem(setting, value, wants, advice string) {
	c.problems = append(c.problems, settings.Problem{Setting: setting, Value: value, Wants: wants, Advice: advice})
}

// sentence is a problem in one line. What a function refuses to start with says all in its advice.
func sentence(p settings.Problem) string {
	if p.Wants == "" {
		return p.Setting + ": " + p.Advice
	}
	return people(p.String())
}

// problemJSON is a problem as --json prints it.
type problemJSON struct {
	Setting string `json:"setting"`
	Value   string `json:"value"`
	Wants   string `json:"wants"`
	Advice  string `json:"advice"`
}

// conclude tells what was found. Its error is the exit code of problems.
func (a *app) conclude(c *checkup, asJSON bool) error {
	if err := a.tellCheckup(c, asJSON); err != nil {
		return err
	}
	switch {
	case len(c.problems) > 0:
		return outcome(exitProblems)
	case len(c.unseen) > 0:
		return outcome(exitFailed)
	}
	return nil
}

func (a *app) tellCheckup(c *checkup, asJSON bool) error {
	if asJSON {
		found := struct {
			Checked  string            `json:"checked"`
			Figures  map[string]string `json:"figures"`
			Problems []problemJSON     `json:"problems"`
			Unseen   []string          `json:"unseen,omitempty"`
		}{c.title, map[string]string{}, make([]problemJSON, len(c.problems)), c.unseen}
		for _, f := range c.figures {
			found.Figures[f.Name] = f.Text
		}
		for i, p := range c.problems {
			found.Problems[i] = problemJSON(p)
		}
		return printJSON(a.stdout, found)
	}
	var b strings.Builder
	fmt.Fprintln(&b, c.title)
	for _, f := range c.figures {
		fmt.Fprintf(&b, "  %-9s %s\n", f.Name, f.Text)
	}
	for _, why := range c.unseen {
		fmt.Fprintf(&b, "could not look: %s\n", why)
	}
	switch {
	case len(c.problems) > 0:
		fmt.Fprintf(&b, "%s:\n", counted(len(c.problems), "problem"))
	case len(c.unseen) > 0:
		fmt.Fprintln(&b, "the rest is in order")
	default:
		fmt.Fprintln(&b, "all in order")
	}
	for _, p := range c.problems {
		fmt.Fprintf(&b, "  %s\n", sentence(p))
	}
	return printed(fmt.Fprint(a.stdout, b.String()))
}
