package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

func TestASoundDeploymentHasNoProblem(t *testing.T) {
	t.Parallel()
	require.Empty(t, settings.Relations(sound(t), settings.Account))
}

// breaks changes a sound deployment so that one relation fails and no other.
type breaks struct {
	spoil func(d *settings.Deployed)
	known settings.Known
	want  settings.Problem
}

func TestEveryRelationFailsAlone(t *testing.T) {
	t.Parallel()
	none := cost.Pico(0)
	cases := map[string]breaks{
		"call timeout": {
			func(d *settings.Deployed) { d.CallTimeout, d.Lease = 284*time.Second, 578*time.Second }, settings.Process,
			settings.Problem{Setting: "call timeout", Value: "4m44s", Wants: "at most 4m43s, the function's timeout of 5m0s less what is kept for settling"},
		},
		"call timeout above the function's": {
			func(d *settings.Deployed) { d.CallTimeout, d.Lease = 301*time.Second, 612*time.Second }, settings.Process,
			settings.Problem{Setting: "call timeout", Value: "5m1s", Wants: "at most 4m43s, the function's timeout of 5m0s less what is kept for settling"},
		},
		"unknown model": {
			func(d *settings.Deployed) { d.Model = "gpt-9" }, settings.Process,
			settings.Problem{Setting: "model", Value: `"gpt-9"`, Wants: "a model in the price table of " + cost.Prices().Version()},
		},
		"lease": {
			func(d *settings.Deployed) { d.Lease = 249 * time.Second }, settings.Template,
			settings.Problem{Setting: "lease", Value: "4m9s", Wants: "at least 4m10s for calls of 2m0s"},
		},
		"lease below the call timeout": {
			func(d *settings.Deployed) { d.Lease = time.Minute }, settings.Template,
			settings.Problem{Setting: "lease", Value: "1m0s", Wants: "at least 4m10s for calls of 2m0s"},
		},
		"lease too long": {
			func(d *settings.Deployed) { d.Lease = 1801 * time.Second }, settings.Template,
			settings.Problem{Setting: "lease", Value: "30m1s", Wants: "at most 30m0s"},
		},
		"visibility": {
			func(d *settings.Deployed) { d.Visibility = 1804 * time.Second }, settings.Template,
			settings.Problem{Setting: "visibility timeout", Value: "30m4s", Wants: "at least 30m5s, 6 x 5m0s + 5s"},
		},
		"visibility without the window": {
			func(d *settings.Deployed) { d.BatchWindow = 6 * time.Second }, settings.Template,
			settings.Problem{Setting: "visibility timeout", Value: "30m5s", Wants: "at least 30m6s, 6 x 5m0s + 6s"},
		},
		"visibility too long": {
			func(d *settings.Deployed) { d.Visibility = 12*time.Hour + time.Second }, settings.Template,
			settings.Problem{Setting: "visibility timeout", Value: "12h0m1s", Wants: "at most 12h0m0s"},
		},
		"partial responses": {
			func(d *settings.Deployed) { d.ReportBatchItemFailures = false }, settings.Template,
			settings.Problem{Setting: "partial batch responses", Value: "off", Wants: "on"},
		},
		"no window": {
			func(d *settings.Deployed) { d.BatchSize, d.BatchWindow = 11, 0 }, settings.Template,
			settings.Problem{Setting: "batching window", Value: "0s", Wants: "at least 1s for batches of 11"},
		},
		"no dead letters": {
			func(d *settings.Deployed) { d.DeadLetters, d.MaxReceive, d.DeadLetterRetention = false, 0, 0 }, settings.Template,
			settings.Problem{Setting: "dead-letter queue", Value: "off", Wants: "on"},
		},
		"receives": {
			func(d *settings.Deployed) { d.MaxReceive = 4 }, settings.Template,
			settings.Problem{Setting: "receives before a message is given up", Value: "4", Wants: "at least 5"},
		},
		"dead letters too short": {
			func(d *settings.Deployed) { d.DeadLetterRetention = 96 * time.Hour }, settings.Template,
			settings.Problem{Setting: "retention of the dead-letter queue", Value: "96h0m0s", Wants: "more than the queue's 96h0m0s"},
		},
		"TTL":  {func(d *settings.Deployed) { d.TTL = false }, settings.Template, settings.Problem{Setting: "expiry of records", Value: "off", Wants: "on"}},
		"PITR": {func(d *settings.Deployed) { d.PITR = false }, settings.Template, settings.Problem{Setting: "point-in-time recovery", Value: "off", Wants: "on"}},
		"deletion protection": {
			func(d *settings.Deployed) { d.DeletionProtection = false }, settings.Template,
			settings.Problem{Setting: "deletion protection", Value: "off", Wants: "on"},
		},
		"requests": {
			func(d *settings.Deployed) { d.QuotaRequests = 299 }, settings.Template,
			settings.Problem{Setting: "calls at once", Value: "100 (2 invocations x 50 calls)", Wants: "at most 99 for 20s per call (1 too many), 24 for 5s"},
		},
		"output tokens": {
			func(d *settings.Deployed) { d.QuotaOutput = 200_000 }, settings.Template,
			settings.Problem{Setting: "calls at once", Value: "100 (2 invocations x 50 calls)", Wants: "at most 66 for 20s per call (34 too many), 16 for 5s"},
		},
		"output tokens alone": {
			func(d *settings.Deployed) { d.QuotaRequests, d.QuotaOutput, d.OutputTokens = 100_000, 400_000, 2000 }, settings.Template,
			settings.Problem{Setting: "calls at once", Value: "100 (2 invocations x 50 calls)", Wants: "at most 66 for 20s per call (34 too many), 16 for 5s"},
		},
		"no limit known": {
			func(d *settings.Deployed) { d.QuotaRequests, d.QuotaOutput, d.MaxConcurrency = 0, 0, 1000 }, settings.Template,
			settings.Problem{Setting: "limits of the model", Value: "unknown requests and unknown output tokens per minute", Wants: "both known"},
		},
		"one limit known": {
			func(d *settings.Deployed) { d.QuotaOutput = 0 }, settings.Template,
			settings.Problem{Setting: "limits of the model", Value: "1000 requests and unknown output tokens per minute", Wants: "both known"},
		},
		"fast calls": {
			func(d *settings.Deployed) { d.Latency = 5 * time.Second }, settings.Template,
			settings.Problem{Setting: "calls at once", Value: "100 (2 invocations x 50 calls)", Wants: "at most 33 for 5s per call (67 too many)"},
		},
		"environment": {
			func(d *settings.Deployed) { d.Environment = 4097 }, settings.Template,
			settings.Problem{Setting: "environment", Value: "4097 bytes", Wants: "at most 4096 (1 too many)"},
		},
		"restored without an epoch": {
			func(d *settings.Deployed) { d.Restored = true }, settings.Template,
			settings.Problem{Setting: "epoch", Value: "0", Wants: "at least 1 on a restored table"},
		},
		"allow-list": {
			func(d *settings.Deployed) { d.AllowedDomains = nil }, settings.Template,
			settings.Problem{Setting: "allow-list", Value: "empty", Wants: "at least one e-mail address or domain"},
		},
		"no budget required": {
			func(d *settings.Deployed) { d.RequireBudget = false }, settings.Template,
			settings.Problem{Setting: "budget required", Value: "off", Wants: "on"},
		},
		"missing budget": {
			func(d *settings.Deployed) { d.Budget = nil }, settings.Account,
			settings.Problem{Setting: "this month's budget", Value: "not set", Wants: "above zero"},
		},
		"zero budget": {
			func(d *settings.Deployed) { d.Budget = &none }, settings.Account,
			settings.Problem{Setting: "this month's budget", Value: none.String(), Wants: "above zero"},
		},
	}
	covered := map[string]bool{}
	for name, test := range cases {
		d := sound(t)
		test.spoil(&d)
		problems := settings.Relations(d, settings.Account)
		require.Len(t, problems, 1, "%s: %v", name, problems)
		covered[problems[0].Advice] = true
		require.NotEmpty(t, problems[0].Advice, name)
		test.want.Advice = problems[0].Advice
		require.Equal(t, test.want, problems[0], name)
		require.Len(t, settings.Relations(d, test.known), 1, name)
		if test.known > settings.Process {
			require.Empty(t, settings.Relations(d, test.known-1), "%s: known too early", name)
		}
	}
	for _, r := range settings.Rules() {
		require.True(t, covered[r.Advice], "no case breaks: %s", r.Relation)
	}
}

func TestLimitsOfRelations(t *testing.T) {
	t.Parallel()
	d := sound(t)
	d.CallTimeout, d.Lease = 283*time.Second, 576*time.Second
	d.Visibility = 1805 * time.Second
	d.QuotaRequests, d.QuotaOutput = 300, 300_000 // 300 per minute at 20 s are 100 at once
	d.BatchSize, d.BatchWindow = 10, 0
	d.AllowedEmails, d.AllowedDomains = []string{"a@example.com"}, nil
	d.Prices = []*cost.Table{cost.Prices()}
	d.Environment, d.Restored, d.Epoch = 4096, true, 1
	require.Empty(t, settings.Relations(d, settings.Account))

	d.QuotaRequests, d.QuotaOutput = 0, 0
	require.Zero(t, d.UsefulCalls())
	// One that is known bounds what it can.
	d.QuotaOutput, d.MaxConcurrency = 300_000, 3
	require.Len(t, settings.Relations(d, settings.Account), 2)
}

// TestEnvironmentSize counts as Lambda does: the JSON that it quotes when it refuses an environment.
func TestEnvironmentSize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		variables map[string]string
		want      int
	}{
		{nil, len(`{}`)},
		{map[string]string{"A": "b"}, len(`{"A":"b"}`)},
		{map[string]string{"A": "b", "MB_PRICES": `{"x":"<&>"}`}, len(`{"A":"b","MB_PRICES":"{\"x\":\"<&>\"}"}`)},
		{map[string]string{"A": "ü"}, len(`{"A":"ü"}`)},
	} {
		require.Equal(t, test.want, settings.EnvironmentSize(test.variables), test.variables)
	}
}

func TestAProblemIsOneLine(t *testing.T) {
	t.Parallel()
	d := sound(t)
	d.PITR = false
	require.Equal(t, "point-in-time recovery is off, wanted is on: enable point-in-time recovery on the table: there would be nothing to restore from",
		settings.Relations(d, settings.Template)[0].String())
}

// TestTheAdviceOnBudgetsAgrees: whether businesses need budgets of their own is another matter than that of all together.
func TestTheAdviceOnBudgetsAgrees(t *testing.T) {
	t.Parallel()
	d := sound(t)
	d.RequireBudget, d.Budget = false, nil
	var advice []string
	for _, p := range settings.Relations(d, settings.Account) {
		advice = append(advice, p.Advice)
	}
	require.Equal(t, []string{
		"set MB_REQUIRE_BUDGET to true: without it no budget means no limit",
		"set a budget of all businesses for this month: until then nothing limits what they spend together",
	}, advice)
}
