package main

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// made is a deployment as a test makes it, in memory or on a server: the template's stage dev, and what is done to it.
type made struct {
	// worker, sweeper and api are the environments of the functions; nil for one that is not there.
	worker, sweeper, api map[string]string
	// reserved is how often functions may run at once, by their names; schedule is the sweeper's, "" for none, and unscheduled
	// means that it is off.
	reserved    map[string]int
	schedule    string
	unscheduled bool
	// deadPartial and deadConcurrency are those of the dead letters' mapping; sweeperTimeout and apiTimeout are those functions'.
	deadPartial                bool
	deadConcurrency            int
	sweeperTimeout, apiTimeout int
	// timeout is the worker's, visibility and receives the queue's; receives "" means that it gives nothing up.
	timeout              int
	visibility, receives string
	// delay and deadDelay are how long the queues hold back what is sent, in seconds; deadVisibility is that of the dead letters.
	delay, deadDelay, deadVisibility string
	// partial, concurrency, disabled, filtered and qualifier, :live, are the mapping's; unfed means that there is none, twice
	// that there is another past the alias.
	partial     bool
	concurrency int
	disabled    bool
	unfed       bool
	filtered    bool
	twice       bool
	qualifier   string
	// ttl, pitr and protected are the table's, secret is the type of the key's parameter.
	ttl, pitr, protected bool
	secret               string
	// budget is this month's for all; nil for no record. spent means that there is none for the next month.
	budget *cost.Pico
	spent  bool
}

// inOrder is a deployment without a problem.
func inOrder(t *testing.T) *made {
	t.Helper()
	stack, err := deploy.Embedded().Resolve(map[string]string{
		"Stage": "dev", "Release": "v1", "CodeBucket": "code", "CodePrefix": "v1", "AlarmTopic": "arn:aws:sns:us-east-1:111122223333:alarms",
		"ClaudeKeyParameter": "/marketbrewer/dev/claude-key", "AllowedDomains": "example.com",
	})
	require.NoError(t, err)
	month := 100 * cost.Dollar
	return &made{
		worker: stack.Variables(deploy.Worker), sweeper: stack.Variables(deploy.Sweeper), api: stack.Variables(deploy.API),
		timeout: 300, visibility: "1805", receives: "5", partial: true, concurrency: 2, ttl: true, pitr: true, protected: true,
		secret: "SecureString", budget: &month, qualifier: ":live", schedule: "rate(1 minute)", reserved: map[string]int{},
		delay: "0", deadDelay: "0", deadVisibility: "1080", deadPartial: true, deadConcurrency: 2, sweeperTimeout: 180, apiTimeout: 30,
	}
}

// timeoutOf is a function's, in seconds.
func (m *made) timeoutOf(name string) int {
	return map[string]int{"marketbrewer-dev-worker": m.timeout, "marketbrewer-dev-sweeper": m.sweeperTimeout, "marketbrewer-dev-api": m.apiTimeout}[name]
}

// slow lets calls take so long. The sweeper has the time for it, the worker has not.
func (m *made) slow(timeout string) {
	m.worker["MB_CALL_TIMEOUT"], m.sweeper["MB_CALL_TIMEOUT"] = timeout, timeout
	m.sweeperTimeout, m.sweeper["MB_FUNCTION_TIMEOUT"], m.deadVisibility = 600, "600s", "3600"
}

// functions are those that there are, by their names.
func (m *made) functions() map[string]map[string]string {
	all := map[string]map[string]string{"marketbrewer-dev-worker": m.worker, "marketbrewer-dev-sweeper": m.sweeper, "marketbrewer-dev-api": m.api}
	maps.DeleteFunc(all, func(_ string, v map[string]string) bool { return v == nil })
	return all
}

// ailments are what a doctor must find, each alone.
func ailments() map[string]struct {
	spoil func(*made)
	want  string
} {
	none := cost.Pico(0)
	return map[string]struct {
		spoil func(*made)
		want  string
	}{
		"visibility":         {func(m *made) { m.visibility = "1804" }, "visibility timeout is 30m4s, wanted is at least 30m5s, 6 x 5m0s + 5s: raise "},
		"partial responses":  {func(m *made) { m.partial = false }, "partial batch responses is off, wanted is on: set FunctionResponseTypes"},
		"call timeout":       {func(m *made) { m.slow("301s") }, "call timeout is 5m1s, wanted is at most 4m43s, "},
		"function timeout":   {func(m *made) { m.timeout, m.worker["MB_FUNCTION_TIMEOUT"] = 60, "60s" }, "call timeout is 2m0s, wanted is at most 43s, "},
		"lease":              {func(m *made) { m.worker["MB_LEASE"] = "60s" }, "lease is 1m0s, wanted is at least 4m10s for calls of 2m0s: raise "},
		"quota":              {func(m *made) { m.worker["MB_QUOTA_RPM"] = "200" }, "calls at once is 100 (2 invocations x 50 calls), wanted is at most 66 for 20s per call (34 too many), 16 for 5s: lower "},
		"mapping's quota":    {func(m *made) { m.concurrency = 3 }, "calls at once is 150 (3 invocations x 50 calls), wanted is at most 133 for 20s per call (17 too many), 33 for 5s: lower "},
		"TTL":                {func(m *made) { m.ttl = false }, "expiry of records is off, wanted is on: enable time to live"},
		"PITR":               {func(m *made) { m.pitr = false }, "point-in-time recovery is off, wanted is on: enable "},
		"unknown model":      {func(m *made) { m.worker["MB_MODEL"] = "gpt-9" }, `model is "gpt-9", wanted is a model in the price table of `},
		"empty allow-list":   {func(m *made) { m.api["MB_ALLOWED_DOMAINS"] = "" }, "allow-list is empty, wanted is at least one e-mail address or domain: set "},
		"zero budget":        {func(m *made) { m.budget = &none }, "this month's budget is $0.00, wanted is above zero: set a budget of all businesses"},
		"no budget":          {func(m *made) { m.budget = nil }, "this month's budget is not set, wanted is above zero: set a budget"},
		"no dead letters":    {func(m *made) { m.receives = "" }, "dead-letter queue is off, wanted is on: give the queue a RedrivePolicy"},
		"receives":           {func(m *made) { m.receives = "2" }, "receives before a message is given up is 2, wanted is at least 5: raise"},
		"protection":         {func(m *made) { m.protected = false }, "deletion protection is off, wanted is on"},
		"unfed":              {func(m *made) { m.unfed = true }, "mapping from Parcels to marketbrewer-dev-worker is not there, wanted is Enabled: deploy the stack again (docs/deploy.md): nobody takes parcels"},
		"disabled":           {func(m *made) { m.disabled = true }, "to marketbrewer-dev-worker is Disabled, wanted is Enabled: enable mapping "},
		"past the alias":     {func(m *made) { m.qualifier = "" }, "mapping from Parcels to marketbrewer-dev-worker is to $LATEST, wanted is to the alias live: deploy the stack again (docs/deploy.md), mapping "},
		"reserved":           {func(m *made) { m.reserved["marketbrewer-dev-worker"] = 1 }, "reserved concurrency of marketbrewer-dev-worker is 1, wanted is none, or at least 2: remove it (aws lambda delete-function-concurrency --function-name marketbrewer-dev-worker, in a template ReservedConcurrentExecutions)"},
		"a sweeper stopped":  {func(m *made) { m.reserved["marketbrewer-dev-sweeper"] = 0 }, "reserved concurrency of marketbrewer-dev-sweeper is 0, wanted is none, or at least 3: "},
		"an API stopped":     {func(m *made) { m.reserved["marketbrewer-dev-api"] = 0 }, "reserved concurrency of marketbrewer-dev-api is 0, wanted is none, or at least 1: "},
		"a slow queue":       {func(m *made) { m.delay = "900" }, "delay of queue Parcels is 15m0s, wanted is none: set the queue's DelaySeconds to 0"},
		"slow dead letters":  {func(m *made) { m.deadDelay = "1" }, "delay of queue DeadLetters is 1s, wanted is none: "},
		"dead visibility":    {func(m *made) { m.deadVisibility = "1079" }, "visibility timeout of DeadLetters is 17m59s, wanted is at least 18m0s, 6 x the sweeper's timeout of 3m0s: raise "},
		"no schedule":        {func(m *made) { m.schedule = "" }, "schedule of marketbrewer-dev-sweeper is not there, wanted is rate(1 minute): deploy the stack again"},
		"schedule off":       {func(m *made) { m.unscheduled = true }, "schedule of marketbrewer-dev-sweeper is off, wanted is on: enable the rule (aws events enable-rule --name sweep, in a template State: ENABLED): nothing that is lost would be found"},
		"seldom":             {func(m *made) { m.schedule = "rate(1 day)" }, "schedule of marketbrewer-dev-sweeper is rate(1 day), wanted is rate(1 minute): "},
		"filtered":           {func(m *made) { m.filtered = true }, "mapping from Parcels to marketbrewer-dev-worker is filtered, wanted is for all messages: take FilterCriteria off mapping "},
		"next month":         {func(m *made) { m.spent = true }, "next month's budget of all businesses is not set, wanted is above zero: mb budget --aws --region us-east-1 --endpoint "},
		"no concurrency":     {func(m *made) { m.concurrency = 0 }, "maximum concurrency of the mapping from Parcels to marketbrewer-dev-worker is not set, wanted is 2, as the worker is told: set ScalingConfig"},
		"dead all or none":   {func(m *made) { m.deadPartial = false }, "partial batch responses of the mapping from DeadLetters to marketbrewer-dev-sweeper is off, wanted is on: set FunctionResponseTypes"},
		"dead without limit": {func(m *made) { m.deadConcurrency = 0 }, "maximum concurrency of the mapping from DeadLetters to marketbrewer-dev-sweeper is not set, wanted is 2: set ScalingConfig"},
		"sweeper's timeout":  {func(m *made) { m.sweeperTimeout = 60 }, "MB_FUNCTION_TIMEOUT of marketbrewer-dev-sweeper is 3m0s, wanted is 1m0s, the function's timeout: set both to the same"},
		"API's timeout":      {func(m *made) { m.apiTimeout = 3 }, "MB_FUNCTION_TIMEOUT of marketbrewer-dev-api is 30s, wanted is 3s, the function's timeout: "},
		"worker's timeout":   {func(m *made) { m.timeout = 290 }, "MB_FUNCTION_TIMEOUT of marketbrewer-dev-worker is 5m0s, wanted is 4m50s, the function's timeout: "},
		"no limits known":    {func(m *made) { m.worker["MB_QUOTA_RPM"], m.worker["MB_QUOTA_OTPM"], m.concurrency = "0", "0", 1000 }, "limits of the model is unknown requests and unknown output tokens per minute, wanted is both known: set MB_QUOTA_RPM"},
		"other margin":       {func(m *made) { m.sweeper["MB_MARGIN"] = "6s" }, "MB_MARGIN of marketbrewer-dev-sweeper is 6s, wanted is 5s, as the worker's: "},
		"other key":          {func(m *made) { m.sweeper["MB_CLAUDE_KEY_PARAMETER"] = "/other" }, "MB_CLAUDE_KEY_PARAMETER of marketbrewer-dev-sweeper is /other, wanted is /marketbrewer/dev/claude-key, as the worker's: "},
		"misspelt":           {func(m *made) { m.api["MB_ORIGIN"] = "" }, "environment of marketbrewer-dev-api: MB_ORIGIN is no setting of the api: write MB_ORIGINS"},
		"no sweeper":         {func(m *made) { m.sweeper = nil }, "function marketbrewer-dev-sweeper is not there, wanted is deployed, with the alias live: deploy the stack again"},
		"other epoch":        {func(m *made) { m.sweeper["MB_EPOCH"] = "1" }, "MB_EPOCH of marketbrewer-dev-sweeper is 1, wanted is 0, as the worker's: deploy the stack again"},
		"no key":             {func(m *made) { m.secret = "" }, "key for Claude is not there, wanted is a SecureString: store it as the SSM parameter /marketbrewer/dev/claude-key"},
		"a key for everyone": {func(m *made) { m.secret = "String" }, "key for Claude is a String, wanted is a SecureString: delete the SSM parameter"},
		"broken sweeper":     {func(m *made) { m.sweeper["MB_STAGE"] = "moon" }, `environment of marketbrewer-dev-sweeper: MB_STAGE "moon" is not known: give one of dev, staging, prod`},
		"broken worker":      {func(m *made) { m.worker["MB_CALLS"] = "many" }, `environment of marketbrewer-dev-worker: MB_CALLS "many" is no whole number: give digits alone, such as 50`},
	}
}

// doctorsDay is when doctors look: the first day on which next month's budget is missed.
var doctorsDay = time.Date(2031, 1, 25, 0, 0, 0, 0, time.UTC)

// fill writes the records that a doctor reads into the table.
func (m *made) fill(t *testing.T, access deployment.Access, table string) {
	t.Helper()
	clients, err := deployment.Connect(t.Context(), access)
	require.NoError(t, err)
	records, err := clients.Records(table)
	require.NoError(t, err)
	if m.budget == nil {
		return
	}
	sys, err := newSystem(records, mute{}, mute{}, newWatch(nil, 0), wiring.Kinds(), &engine.Options{}, &localworker.Options{})
	require.NoError(t, err)
	month := doctorsDay.Format("2006-01")
	require.NoError(t, sys.Engine.SetLimit(t.Context(), "", month, max(*m.budget, 1)))
	if !m.spent {
		require.NoError(t, sys.Engine.SetLimit(t.Context(), "", doctorsDay.AddDate(0, 0, 7).Format("2006-01"), cost.Dollar))
	}
	if *m.budget > 0 {
		return
	}
	// A month's record without a limit is written by the first job that draws from it.
	key := ports.Key{Partition: "global", Sort: "month/" + month}
	require.NoError(t, records.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
		record, found := tx.Get(key)
		require.True(t, found)
		var body map[string]any
		require.NoError(t, json.Unmarshal(record.Body, &body))
		body["limit"] = cost.Pico(0)
		record.Body, err = json.Marshal(body)
		require.NoError(t, err)
		tx.Put(record)
		return nil
	}))
}

// diagnosed demands that the doctor finds what is wrong and nothing else.
func diagnosed(t *testing.T, found ran, want string) {
	t.Helper()
	found.want(exitProblems)
	require.Contains(t, found.stdout, "1 problem:\n")
	require.Contains(t, found.stdout, want)
}
