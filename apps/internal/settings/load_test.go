package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	var lines []string
	for name, value := range worker() {
		lines = append(lines, name+"="+value)
	}
	got, err := settings.Load[settings.Worker](append(lines, "PATH=/bin", "MB_LEASE=", "MB_CALLS="))
	require.NoError(t, err)
	require.Equal(t, settings.Worker{
		Shared: settings.Shared{
			Stage: "dev", Release: "unknown", Table: "marketbrewer-dev", QueueURL: "https://sqs.us-east-1.amazonaws.com/111122223333/parcels",
			RequireBudget: true, LogLevel: "info", FunctionTimeout: 5 * time.Minute,
		},
		Claude: settings.Claude{KeyParameter: "/marketbrewer/dev/claude-key"},
		Calls: settings.Calls{
			Calls: 50, CallTimeout: 2 * time.Minute, Margin: 5 * time.Second, Lease: 260 * time.Second,
			FlushResults: 13, FlushAfter: 5 * time.Second, FlushBefore: 10 * time.Second, Reserve: 2 * time.Second,
		},
		Visibility: 1805 * time.Second, MaxConcurrency: 2, BatchSize: 4, Model: "claude-haiku-5-5",
	}, got)
}

func TestEverySetting(t *testing.T) {
	t.Parallel()
	w, err := settings.FromMap[settings.Worker](with(worker(), "MB_STAGE", "prod", "MB_EPOCH", "3", "MB_REQUIRE_BUDGET", "false",
		"MB_LOG_LEVEL", "debug", "ANTHROPIC_BASE_URL", "http://127.0.0.1:9090", "MB_CALLS", "7", "MB_CALL_TIMEOUT", "60s",
		"MB_MARGIN", "1s", "MB_LEASE", "3m", "MB_FLUSH_RESULTS", "2", "MB_FLUSH_AFTER", "1s", "MB_FLUSH_BEFORE", "20s",
		"MB_RESERVE", "4s", "MB_MODEL", "claude-opus-5-5", "MB_QUOTA_RPM", "1000", "MB_QUOTA_OTPM", "400000"))
	require.NoError(t, err)
	require.Equal(t, int64(3), w.Epoch)
	require.False(t, w.RequireBudget)
	require.Equal(t, settings.Claude{KeyParameter: "/marketbrewer/dev/claude-key", BaseURL: "http://127.0.0.1:9090"}, w.Claude)
	require.Equal(t, settings.Calls{
		Calls: 7, CallTimeout: time.Minute, Margin: time.Second, Lease: 3 * time.Minute, FlushResults: 2, FlushAfter: time.Second,
		FlushBefore: 20 * time.Second, Reserve: 4 * time.Second,
	}, w.Calls)
	require.Equal(t, []any{"prod", "debug", "claude-opus-5-5", 1000, 400000}, []any{w.Stage, w.LogLevel, w.Model, w.QuotaRequests, w.QuotaOutput})

	require.Equal(t, int64(3), w.Deployed().Epoch)
	for _, url := range []string{"https://claude.example.com", "http://localhost:9090", "http://[::1]:9090"} {
		_, err := settings.FromMap[settings.Worker](with(worker(), "ANTHROPIC_BASE_URL", url))
		require.NoError(t, err, url)
	}

	s, err := settings.FromMap[settings.Sweeper](sweeper())
	require.NoError(t, err)
	require.Equal(t, 260*time.Second, s.Lease)
	require.Empty(t, s.NoticesQueueURL)
	s, err = settings.FromMap[settings.Sweeper](with(sweeper(), "MB_NOTICES_QUEUE_URL", "https://sqs.us-east-1.amazonaws.com/111122223333/notices"))
	require.NoError(t, err)
	require.Equal(t, settings.NoticesQueueURL("https://sqs.us-east-1.amazonaws.com/111122223333/notices"), s.NoticesQueueURL)
	for value, want := range map[string]string{
		"notices":                `MB_NOTICES_QUEUE_URL "notices" is no address: give a URL that begins with https://`,
		shared()["MB_QUEUE_URL"]: "MB_NOTICES_QUEUE_URL is the queue of parcels: give a queue of its own, or leave it out",
	} {
		_, err = settings.FromMap[settings.Sweeper](with(sweeper(), "MB_NOTICES_QUEUE_URL", value))
		require.EqualError(t, err, want)
	}

	a, err := settings.FromMap[settings.API](with(shared(), "MB_ALLOWED_EMAILS", "a@example.com,b@example.com",
		"MB_ALLOWED_DOMAINS", "example.org", "MB_ORIGINS", "https://pages.example.com,http://localhost:5173"))
	require.NoError(t, err)
	require.Equal(t, []string{"a@example.com", "b@example.com"}, a.AllowedEmails)
	require.Equal(t, []string{"example.org"}, a.AllowedDomains)
	require.Equal(t, []string{"https://pages.example.com", "http://localhost:5173"}, a.Origins)
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		set  map[string]string
		want []string
	}{
		"missing":     {with(worker(), "MB_TABLE", "-", "MB_STAGE", ""), []string{"MB_STAGE is not set: the deployment", "MB_TABLE is not set"}},
		"no number":   {with(worker(), "MB_CALLS", "many"), []string{`MB_CALLS "many" is no whole number: give digits alone, such as 50`}},
		"no duration": {with(worker(), "MB_MARGIN", "5"), []string{`MB_MARGIN "5" is no duration: give a number with its unit, such as 90s or 5m`}},
		"no truth":    {with(worker(), "MB_REQUIRE_BUDGET", "yes"), []string{`MB_REQUIRE_BUDGET "yes" is no truth value: give true or false`}},
		"all at once": {with(worker(), "MB_MARGIN", "5", "MB_EPOCH", "x", "MB_TABLE", "-"), []string{"MB_TABLE is", "MB_EPOCH", "MB_MARGIN"}},
		"unknown words": {with(worker(), "MB_STAGE", "production", "MB_LOG_LEVEL", "loud"), []string{
			`MB_STAGE "production" is not known: give one of dev, staging, prod`, `MB_LOG_LEVEL "loud" is not known: give one of debug, info, warn, error`,
		}},
		"addresses": {with(worker(), "MB_QUEUE_URL", "parcels", "ANTHROPIC_BASE_URL", "ftp://x", "MB_CLAUDE_KEY_PARAMETER", "key"), []string{
			`MB_QUEUE_URL "parcels" is no address`, `MB_CLAUDE_KEY_PARAMETER is no full name of a parameter: give the path of the SSM parameter that holds the key, beginning with /, never the key`, `ANTHROPIC_BASE_URL "ftp://x" is no address`,
		}},
		"key in plain text": {with(worker(), "ANTHROPIC_BASE_URL", "http://127.0.0.1.example.com"), []string{
			`ANTHROPIC_BASE_URL "http://127.0.0.1.example.com" would send the key in plain text: give a URL that begins with https://`,
		}},
		"a name in the address": {with(worker(), "ANTHROPIC_BASE_URL", "https://ann:x@claude.example.com"), []string{"ANTHROPIC_BASE_URL has a name or a password in it: give the address alone"}},
		"key to a neighbour":    {with(worker(), "ANTHROPIC_BASE_URL", "http://10.0.0.1:9090"), []string{"would send the key in plain text"}},
		"too low": {with(worker(), "MB_EPOCH", "-1", "MB_FUNCTION_TIMEOUT", "200s", "MB_CALLS", "0", "MB_MARGIN", "-1s", "MB_FLUSH_RESULTS", "0", "MB_FLUSH_AFTER", "-1s",
			"MB_FLUSH_BEFORE", "-1s", "MB_RESERVE", "-1s", "MB_VISIBILITY", "0s", "MB_MAX_CONCURRENCY", "1", "MB_BATCH_SIZE", "0", "MB_QUOTA_RPM", "-1", "MB_QUOTA_OTPM", "-1"), []string{
			"MB_EPOCH -1 is too low: give at least 0", "MB_CALLS 0 is", "MB_MARGIN -1s is", "MB_FLUSH_RESULTS 0 is", "MB_FLUSH_AFTER -1s", "MB_FLUSH_BEFORE -1s", "MB_RESERVE -1s", "MB_LEASE 3m56s",
			"MB_VISIBILITY 0s is too low: give at least 1s", "MB_MAX_CONCURRENCY 1 is too low: give at least 2", "MB_BATCH_SIZE 0 is", "MB_QUOTA_RPM -1 is", "MB_QUOTA_OTPM -1 is",
		}},
		"no timeout":  {with(worker(), "MB_FUNCTION_TIMEOUT", "0s"), []string{"MB_FUNCTION_TIMEOUT 0s is too low: give at least 1s", "call timeout is 2m0s, wanted is at most -17s"}},
		"short lease": {with(worker(), "MB_LEASE", "249s"), []string{"MB_LEASE 4m9s is too short for calls of 2m0s: give at least 4m10s, or leave it out"}},
		"no call fits": {with(worker(), "MB_CALL_TIMEOUT", "284s"), []string{
			"call timeout is 4m44s, wanted is at most 4m43s, the function's timeout of 5m0s less what is kept for settling: lower MB_CALL_TIMEOUT",
		}},
		"unknown model": {with(worker(), "MB_MODEL", "gpt-9"), []string{`model is "gpt-9", wanted is a model in the price table of 20`}},
		"no prices":     {with(worker(), "MB_PRICES", "{}"), []string{"MB_PRICES is no price table (cost: "}},
		"other prices": {with(worker(), "MB_PRICES", table(cost.Prices().Version())), []string{
			"MB_PRICES has version " + cost.Prices().Version() + ", which is the built-in table's, and says something else",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := settings.FromMap[settings.Worker](test.set)
			requireLines(t, test.want, err)
		})
	}
}

// requireLines wants one line for each problem, in order.
func requireLines(t *testing.T, want []string, err error) {
	t.Helper()
	require.Error(t, err)
	lines := strings.Split(err.Error(), "\n")
	require.Len(t, lines, len(want), err.Error())
	for i := range want {
		require.Contains(t, lines[i], want[i])
	}
}

func TestProblemsOfTheOthers(t *testing.T) {
	t.Parallel()
	_, err := settings.FromMap[settings.Sweeper](with(sweeper(), "MB_CALLS", "0", "MB_CALL_TIMEOUT", "0s", "MB_CLAUDE_KEY_PARAMETER", "-"))
	requireLines(t, []string{"MB_CLAUDE_KEY_PARAMETER is not set"}, err)
	_, err = settings.FromMap[settings.Sweeper](with(sweeper(), "MB_CALLS", "0", "MB_CALL_TIMEOUT", "0s"))
	requireLines(t, []string{"MB_CALLS 0", "MB_CALL_TIMEOUT 0s"}, err)
	_, err = settings.FromMap[settings.Sweeper](with(sweeper(), "MB_FUNCTION_TIMEOUT", "136s"))
	requireLines(t, []string{"MB_CALL_TIMEOUT 2m0s is too long for a function of 2m16s: give at most 1m59s, or raise the function's timeout"}, err)
	_, err = settings.FromMap[settings.API](with(shared(), "MB_ALLOWED_EMAILS", "example.com,@example.com,a@b", "MB_ALLOWED_DOMAINS", "com,*.example.com",
		"MB_ORIGINS", "https://example.com/,*,example.com"))
	requireLines(t, []string{
		`MB_ALLOWED_EMAILS has "example.com", which is no e-mail address`, `"@example.com"`, `"a@b"`,
		`MB_ALLOWED_DOMAINS has "com", which is no domain`, `"*.example.com"`,
		`MB_ORIGINS has "https://example.com/", which is no origin`, `"*"`, `"example.com"`,
	}, err)
	_, err = settings.FromMap[settings.API](nil)
	requireLines(t, []string{"MB_STAGE", "MB_TABLE", "MB_QUEUE_URL", "MB_FUNCTION_TIMEOUT"}, err)
}

// table is a price table of one model.
func table(version string) string {
	return `{"version": "` + version + `", "models": [{"model": "claude-next", "date": "2026-11-01", "source": "a test", "cache_min": 512, "steps": [{"over": 0,` +
		`"realtime": {"input": 10, "cache_write_5m": 12, "cache_write_1h": 20, "cache_read": 1, "output": 50},` +
		`"batch": {"input": 5, "cache_write_5m": 6, "cache_write_1h": 10, "cache_read": 1, "output": 25}}]}]}`
}

func TestPrices(t *testing.T) {
	t.Parallel()
	w, err := settings.FromMap[settings.Worker](with(worker(), "MB_PRICES", table("2026-11-01"), "MB_MODEL", "claude-next"))
	require.NoError(t, err, "a model of the new table has a price")
	options, err := settings.EngineOptions(w.Shared, w.Calls)
	require.NoError(t, err)
	require.Len(t, options.Prices, 2)
	require.Equal(t, "2026-11-01", options.Prices[0].Version(), "new calls are priced by the new table")
	require.Same(t, cost.Prices(), options.Prices[1], "what was held before is settled by the old one")

	w.Prices = "{}"
	_, err = settings.EngineOptions(w.Shared, w.Calls)
	require.ErrorContains(t, err, "MB_PRICES")
}

func TestTheEngineTakesTheSettings(t *testing.T) {
	t.Parallel()
	w, err := settings.FromMap[settings.Worker](with(worker(), "MB_EPOCH", "3"))
	require.NoError(t, err)
	options, err := settings.EngineOptions(w.Shared, w.Calls)
	require.NoError(t, err)
	require.Equal(t, &engine.Options{
		Prices: []*cost.Table{cost.Prices()}, Epoch: 3, RequireBudget: true, Calls: 50, CallTimeout: 2 * time.Minute, Margin: 5 * time.Second,
		Lease: 260 * time.Second, FlushResults: 13, FlushAfter: 5 * time.Second, FlushBefore: 10 * time.Second,
	}, options)
}

func TestVariables(t *testing.T) {
	t.Parallel()
	seen := map[string]settings.Variable{}
	for _, list := range [][]settings.Variable{
		settings.Variables[settings.Worker](), settings.Variables[settings.Sweeper](), settings.Variables[settings.API](),
	} {
		for _, v := range list {
			require.NotEmpty(t, v.Name, v.Field)
			if before, twice := seen[v.Name]; twice {
				require.Equal(t, before, v)
			}
			seen[v.Name] = v
		}
	}
	require.True(t, seen["MB_TABLE"].Required)
	require.Equal(t, "50", seen["MB_CALLS"].Default)
}
