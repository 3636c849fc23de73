package deploy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

func TestParts(t *testing.T) {
	t.Parallel()
	s := stack(t, deploy.Embedded(), "prod")
	p := s.Parts()
	require.Empty(t, settings.Fit(p))
	fed := func(name string, window time.Duration, most int) []settings.Mapping {
		return []settings.Mapping{{Name: name, State: "Enabled", To: "live", BatchSize: 10, Window: window, MaxConcurrency: most, Partial: true}}
	}
	require.Equal(t, &settings.Queue{Name: "Parcels", Visibility: 1805 * time.Second, Fed: true, Mappings: fed("WorkerMapping", 5*time.Second, 6)}, p.Parcels)
	require.Equal(t, &settings.Queue{Name: "DeadLetters", Visibility: 18 * time.Minute, Fed: true, Mappings: fed("DeadLettersMapping", 0, 2)}, p.DeadLetters)
	require.Equal(t, &settings.Schedule{Rules: []settings.Trigger{{Name: "SweepSchedule", Expression: "rate(1 minute)", On: true}}}, p.Schedule)
	require.Equal(t, &settings.Function{Name: "marketbrewer-prod-sweeper", Timeout: 3 * time.Minute, Variables: s.Variables(deploy.Sweeper)}, p.Sweeper)
}

// TestPartsThatDoNotFit are changes of the template and the one problem that each makes.
func TestPartsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"TTL of another attribute": {of("Table", "ttl", "TimeToLiveSpecification", "AttributeName"), "expiry of records is off"},
		"no maximum":               {of("WorkerMapping", nil, "ScalingConfig"), "maximum concurrency of the mapping from Parcels to marketbrewer-prod-worker is not set, wanted is 6, as the worker is told"},
		"dead letters all or none": {of("DeadLettersMapping", nil, "FunctionResponseTypes"), "partial batch responses of the mapping from DeadLetters to marketbrewer-prod-sweeper is off"},
		"sweeper too short":        {of("Sweeper", 60, "Timeout"), "MB_FUNCTION_TIMEOUT of marketbrewer-prod-sweeper is 3m0s, wanted is 1m0s"},
		"off":                      {of("WorkerMapping", false, "Enabled"), "mapping from Parcels to marketbrewer-prod-worker is Disabled"},
		"filtered":                 {of("WorkerMapping", map[string]any{"Filters": []any{map[string]any{"Pattern": "{}"}}}, "FilterCriteria"), "is filtered, wanted is for all messages"},
		"on the function":          {of("WorkerMapping", getAtt("Worker", "Arn"), "FunctionName"), "is to $LATEST, wanted is to the alias live"},
		"on a version":             {of("WorkerMapping", ref("WorkerVersion"), "FunctionName"), "is to version WorkerVersion, wanted is to the alias live"},
		"on another alias":         {of("WorkerMapping", map[string]any{"Fn::Sub": "${Worker}:next"}, "FunctionName"), "is to next, wanted is to the alias live"},
		"on somebody's function":   {of("WorkerMapping", "somebody", "FunctionName"), "mapping from Parcels to marketbrewer-prod-worker is not there"},
		"batches as usual":         {of("WorkerMapping", nil, "BatchSize"), ""},
		"retention as usual":       {of("Parcels", nil, "MessageRetentionPeriod"), ""},
		"visible as usual":         {of("DeadLetters", nil, "VisibilityTimeout"), "visibility timeout of DeadLetters is 30s"},
		"no alias":                 {of("SweeperAlias", "next", "Name"), "function marketbrewer-prod-sweeper is not there"},
		"another name":             {of("Api", "api", "FunctionName"), "function marketbrewer-prod-api is not there"},
		"stopped":                  {of("Api", 0, "ReservedConcurrentExecutions"), "reserved concurrency of marketbrewer-prod-api is 0"},
		"seldom":                   {of("SweepSchedule", "rate(1 day)", "ScheduleExpression"), "schedule of marketbrewer-prod-sweeper is rate(1 day)"},
		"schedule off":             {of("SweepSchedule", "DISABLED", "State"), "schedule of marketbrewer-prod-sweeper is off"},
		"gives up to somebody":     {of("Parcels", "arn:aws:sqs:us-east-1:999999999999:x", "RedrivePolicy", "deadLetterTargetArn"), "dead-letter queue is off"},
	} {
		template := deploy.Embedded()
		test.change(template.Body())
		s := stack(t, template, "prod")
		d, err := s.Deployed()
		require.NoError(t, err, name)
		problems := append(settings.Fit(s.Parts()), settings.Relations(d, settings.Template)...)
		if test.want == "" {
			require.Empty(t, problems, name)
			continue
		}
		if name == "no alias" { // then nothing of the template starts it either
			require.Len(t, problems, 3)
		} else {
			require.Len(t, problems, 1, "%s: %v", name, problems)
		}
		require.Contains(t, problems[0].String(), test.want, name)
	}
}

// TestAQueueOfSomebodyElse: nothing is known of it before it is looked at.
func TestAQueueOfSomebodyElse(t *testing.T) {
	t.Parallel()
	template := deploy.Embedded()
	for f := range functions() {
		told(f, "https://sqs.us-east-1.amazonaws.com/111122223333/parcels", "MB_QUEUE_URL")(template.Body())
	}
	s := stack(t, template, "prod")
	p := s.Parts()
	require.Nil(t, p.Parcels)
	require.Nil(t, p.DeadLetters)
	d, err := s.Deployed()
	require.NoError(t, err)
	require.Empty(t, append(settings.Fit(p), settings.Relations(d, settings.Template)...))
}

// TestNoFunction: one that the template has not cannot be told anything.
func TestNoFunction(t *testing.T) {
	t.Parallel()
	s := &deploy.Stack{Resources: map[string]deploy.Resource{}}
	require.True(t, s.Parts().Worker.Absent)
	require.Nil(t, s.Parts().Worker.Variables)
}
