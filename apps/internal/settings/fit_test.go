package settings_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// whole is a deployment of which nothing is wrong.
func whole() settings.Parts {
	told := func(timeout string, variables map[string]string) map[string]string {
		m := maps.Clone(variables)
		m["MB_FUNCTION_TIMEOUT"] = timeout
		return m
	}
	fed := func(name string) []settings.Mapping {
		return []settings.Mapping{{Name: name, State: "Enabled", To: "live", BatchSize: 10, Window: 5 * time.Second, MaxConcurrency: 2, Partial: true}}
	}
	return settings.Parts{
		Mend:        "mend it",
		Worker:      &settings.Function{Name: "w", Timeout: 5 * time.Minute, Variables: told("300s", worker())},
		Sweeper:     &settings.Function{Name: "s", Timeout: 3 * time.Minute, Variables: told("3m", sweeper())},
		API:         &settings.Function{Name: "a", Timeout: 30 * time.Second, Variables: told("30s", shared())},
		Parcels:     &settings.Queue{Name: "parcels", Visibility: 1805 * time.Second, Fed: true, Mappings: fed("m-1")},
		DeadLetters: &settings.Queue{Name: "dead", Visibility: 18 * time.Minute, Fed: true, Mappings: fed("m-2")},
		Schedule:    &settings.Schedule{Rules: []settings.Trigger{{Name: "off", Expression: "rate(1 day)"}, {Name: "sweep", Expression: "rate(1 minute)", On: true}}},
	}
}

func TestAWholeDeploymentHasNoProblem(t *testing.T) {
	t.Parallel()
	require.Empty(t, settings.Fit(whole()))
	require.Empty(t, settings.Fit(settings.Parts{}), "what was not looked at counts as right")
	unread := whole()
	unread.Worker, unread.Sweeper, unread.API = nil, nil, nil
	require.Empty(t, settings.Fit(unread))
	unread = whole()
	unread.Parcels.Fed, unread.DeadLetters.Fed, unread.Parcels.Mappings, unread.DeadLetters.Mappings = false, false, nil, nil
	require.Empty(t, settings.Fit(unread))
}

func TestEveryPartFailsAlone(t *testing.T) {
	t.Parallel()
	one := 1
	for name, test := range map[string]struct {
		spoil func(p *settings.Parts)
		want  string
	}{
		"no api":           {func(p *settings.Parts) { p.API.Absent = true }, "function a is not there, wanted is deployed, with the alias live: mend it"},
		"timeout":          {func(p *settings.Parts) { p.Sweeper.Timeout = 2 * time.Minute }, "MB_FUNCTION_TIMEOUT of s is 3m0s, wanted is 2m0s, the function's timeout: "},
		"the api's":        {func(p *settings.Parts) { p.API.Timeout = 10 * time.Second }, "MB_FUNCTION_TIMEOUT of a is 30s, wanted is 10s, the function's timeout: "},
		"the worker's":     {func(p *settings.Parts) { p.Worker.Timeout = 6 * time.Minute }, "MB_FUNCTION_TIMEOUT of w is 5m0s, wanted is 6m0s, the function's timeout: "},
		"misspelt":         {func(p *settings.Parts) { p.Worker.Variables["MB_CALL_TIMOUT"] = "1s" }, "environment of w is , wanted is : MB_CALL_TIMOUT is no setting of the worker: write MB_CALL_TIMEOUT"},
		"another's":        {func(p *settings.Parts) { p.API.Variables["MB_NOTICES_QUEUE_URL"] = "x" }, "MB_NOTICES_QUEUE_URL is no setting of the api: docs/settings.md lists them"},
		"reserved":         {func(p *settings.Parts) { p.Worker.Reserved = &one }, "reserved concurrency of w is 1, wanted is none, or at least 2: "},
		"sweeper reserved": {func(p *settings.Parts) { p.Sweeper.Reserved = &one }, "reserved concurrency of s is 1, wanted is none, or at least 3: "},
		"epoch":            {func(p *settings.Parts) { p.API.Variables["MB_EPOCH"] = "1" }, "MB_EPOCH of a is 1, wanted is not set, as the worker's: mend it"},
		"margin":           {func(p *settings.Parts) { p.Sweeper.Variables["MB_MARGIN"] = "9s" }, "MB_MARGIN of s is 9s, wanted is not set, as the worker's: mend it"},
		"call timeout":     {func(p *settings.Parts) { p.Sweeper.Variables["MB_CALL_TIMEOUT"] = "60s" }, "MB_CALL_TIMEOUT of s is 60s, wanted is not set, as the worker's: "},
		"key":              {func(p *settings.Parts) { p.Sweeper.Variables["MB_CLAUDE_KEY_PARAMETER"] = "/other" }, "MB_CLAUDE_KEY_PARAMETER of s is /other, wanted is /marketbrewer/dev/claude-key, as the worker's: "},
		"a pasted key":     {func(p *settings.Parts) { p.Sweeper.Variables["MB_CLAUDE_KEY_PARAMETER"] = "CANARY" }, "MB_CLAUDE_KEY_PARAMETER of s is (6 bytes, not shown: they may be a secret), wanted is "},
		"a password":       {func(p *settings.Parts) { p.Worker.Variables["ANTHROPIC_BASE_URL"] = "ftp://a:CANARY@b" }, "ANTHROPIC_BASE_URL of s is not set, wanted is (16 bytes, not shown: they may be a secret), as the worker's: "},
		"long":             {func(p *settings.Parts) { p.API.Variables["MB_PRICES"] = strings.Repeat("x", 101) }, "MB_PRICES of a is a text of 101 bytes, wanted is not set"},
		"delay":            {func(p *settings.Parts) { p.Parcels.Delay = time.Minute }, "delay of queue parcels is 1m0s, wanted is none: "},
		"dead delay":       {func(p *settings.Parts) { p.DeadLetters.Delay = time.Minute }, "delay of queue dead is 1m0s, wanted is none: "},
		"dead visibility":  {func(p *settings.Parts) { p.DeadLetters.Visibility-- }, "visibility timeout of dead is 17m59.999999999s, wanted is at least 18m0s, 6 x the sweeper's timeout of 3m0s: "},
		"unfed":            {func(p *settings.Parts) { p.Parcels.Mappings = nil }, "mapping from parcels to w is not there, wanted is Enabled: mend it: nobody takes parcels from the queue"},
		"dead unfed":       {func(p *settings.Parts) { p.DeadLetters.Mappings = nil }, "mapping from dead to s is not there, wanted is Enabled: mend it: messages that were given up would lie there unseen"},
		"being changed":    {func(p *settings.Parts) { p.Parcels.Mappings[0].State = "Updating" }, "mapping from parcels to w is Updating, wanted is Enabled: look again in a minute: mapping m-1 is being changed"},
		"off":              {func(p *settings.Parts) { p.Parcels.Mappings[0].State = "Disabled" }, "mapping from parcels to w is Disabled, wanted is Enabled: enable mapping m-1: "},
		"past the alias":   {func(p *settings.Parts) { p.DeadLetters.Mappings[0].To = "$LATEST" }, "mapping from dead to s is to $LATEST, wanted is to the alias live: mend it, mapping m-2 passes it by"},
		"filtered":         {func(p *settings.Parts) { p.DeadLetters.Mappings[0].Filtered = true }, "mapping from dead to s is filtered, wanted is for all messages: take FilterCriteria off mapping m-2"},
		"no maximum":       {func(p *settings.Parts) { p.Parcels.Mappings[0].MaxConcurrency = 0 }, "maximum concurrency of the mapping from parcels to w is not set, wanted is 2, as the worker is told: "},
		"no dead maximum":  {func(p *settings.Parts) { p.DeadLetters.Mappings[0].MaxConcurrency = 0 }, "maximum concurrency of the mapping from dead to s is not set, wanted is 2: "},
		"all or none":      {func(p *settings.Parts) { p.DeadLetters.Mappings[0].Partial = false }, "partial batch responses of the mapping from dead to s is off, wanted is on: set FunctionResponseTypes"},
		"twice": {func(p *settings.Parts) {
			p.Parcels.Mappings = append([]settings.Mapping{{Name: "m-3", To: "$LATEST", State: "Enabled"}, {Name: "m-4", To: "live", State: "Disabled"}}, p.Parcels.Mappings...)
			p.Parcels.Mappings[1], p.Parcels.Mappings[2] = p.Parcels.Mappings[2], p.Parcels.Mappings[1]
		}, "mapping from parcels to w is there twice, wanted is there once: delete mapping m-3: "},
		"no rule":   {func(p *settings.Parts) { p.Schedule.Rules = nil }, "schedule of s is not there, wanted is rate(1 minute): mend it: nothing that is lost would be found"},
		"rules off": {func(p *settings.Parts) { p.Schedule.Rules[1].On = false }, "schedule of s is off, wanted is on: enable the rule (aws events enable-rule --name off, in a template State: ENABLED)"},
		"seldom":    {func(p *settings.Parts) { p.Schedule.Rules[1].Expression = "rate(1 day)" }, "schedule of s is rate(1 day), wanted is rate(1 minute): mend it"},
		"two rules": {func(p *settings.Parts) { p.Schedule.Rules[0].On = true }, "schedule of s is rate(1 day) and rate(1 minute), wanted is rate(1 minute): "},
	} {
		p := whole()
		test.spoil(&p)
		problems := settings.Fit(p)
		require.Len(t, problems, 1, "%s: %v", name, problems)
		require.Contains(t, problems[0].String(), test.want, name)
		require.NotContains(t, problems[0].String(), canary, name)
	}
}

// TestTheSameInOtherWords: what comes to the same is no problem.
func TestTheSameInOtherWords(t *testing.T) {
	t.Parallel()
	p := whole()
	p.Sweeper.Variables["MB_MARGIN"], p.Sweeper.Variables["MB_CALL_TIMEOUT"], p.Sweeper.Variables["MB_EPOCH"] = "5000ms", "2m", "0"
	p.Worker.Variables["MB_FUNCTION_TIMEOUT"] = "5m"
	require.Empty(t, settings.Fit(p))
	p.Worker.Variables["MB_FUNCTION_TIMEOUT"] = "soon"
	require.Empty(t, settings.Fit(p), "the function refuses that by itself")
}

// TestWithoutTheWorker is about what the worker would have said.
func TestWithoutTheWorker(t *testing.T) {
	t.Parallel()
	p := whole()
	delete(p.Worker.Variables, "MB_MAX_CONCURRENCY")
	p.Parcels.Mappings[0].MaxConcurrency = 0
	require.Contains(t, settings.Fit(p)[0].String(), "wanted is at least 2: ")
	p.Worker, p.Schedule, p.Parcels = nil, nil, nil
	p.API.Variables["MB_EPOCH"] = "9"
	require.Empty(t, settings.Fit(p))
}

func TestInto(t *testing.T) {
	t.Parallel()
	p, d := whole(), sound(t)
	p.Parcels.Mappings[0].BatchSize, p.Parcels.Mappings[0].Window, p.Parcels.Mappings[0].MaxConcurrency = 7, time.Second, 9
	p.Parcels.Mappings[0].Partial, p.Worker.Timeout = false, time.Minute
	p.Into(&d)
	require.Equal(t, []any{7, time.Second, 9, false, time.Minute}, []any{d.BatchSize, d.BatchWindow, d.MaxConcurrency, d.ReportBatchItemFailures, d.FunctionTimeout})

	told := sound(t)
	d, d.ReportBatchItemFailures = told, false
	(&settings.Parts{}).Into(&d)
	require.Equal(t, told, d, "what was not looked at counts as right")
	p.Parcels.Mappings[0].MaxConcurrency = 0
	p.Into(&d)
	require.Equal(t, told.MaxConcurrency, d.MaxConcurrency, "that there is none is a problem of its own")
}

func TestStrangers(t *testing.T) {
	t.Parallel()
	require.Empty(t, settings.Strangers(map[string]string{"MB_TABLE": "", "MB_NOTICES_QUEUE_URL": "", "MB_ORIGINS": "", "GOMEMLIMIT": ""}))
	require.Equal(t, []string{"MB_CALL_TIMOUT is no setting: write MB_CALL_TIMEOUT", "MB_FOO is no setting: docs/settings.md lists them"},
		settings.Strangers(map[string]string{"MB_FOO": "1", "MB_CALL_TIMOUT": "1s", "FOO": ""}))
}
