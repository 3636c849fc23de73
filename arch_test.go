package marketbrewer_test

import "testing"

const (
	module    = "github.com/marketbrewer/marketbrewer"
	claudeSDK = "github.com/anthropics/anthropic-sdk-go"
	awsSDK    = "github.com/aws/aws-sdk-go-v2"
	smithy    = "github.com/aws/smithy-go"
	lambdaSDK = "github.com/aws/aws-lambda-go"
)

// rule is what the code of a folder, and of all folders below it without a row of their own, may import beside its own
// tree and the standard library.
type rule struct {
	// own are folders of this module: core/cost is that package alone, core/... all below core.
	own []string
	// third are other modules; any allows every module but those in only.
	third []string
	any   bool
	// testing allows the testing packages outside of _test files.
	testing bool
}

// leaves are the packages of core that others of core build on, and that ports may name.
var leaves = []string{"core/cost", "core/fault", "core/idempotency", "core/job", "core/quota", "core/retry"}

// table is the whole architecture. A last name * stands for any folder. A folder without a row holds no Go code.
var table = map[string]rule{
	".": {},

	"core/fault":       {},
	"core/job":         {own: []string{"core/cost", "core/fault"}},
	"core/retry":       {own: []string{"core/fault"}},
	"core/idempotency": {own: []string{"core/fault"}},
	"core/cost":        {own: []string{"core/fault"}},
	"core/quota":       {own: []string{"core/fault"}},
	"core/catalog":     {own: []string{"core/fault"}},
	"core/pages":       {own: []string{"core/catalog", "core/cost", "core/fault", "core/job"}},
	"core/engine":      {own: append([]string{"ports"}, leaves...)},
	"core/backoffice":  {own: []string{"core/...", "ports"}},

	"ports":          {own: leaves},
	"ports/porttest": {own: append([]string{"ports"}, leaves...), third: []string{"github.com/stretchr/testify"}, testing: true},

	"adapters/*":                adapter(),
	"adapters/internal/storetx": {own: []string{"core/fault", "ports"}},
	"adapters/boltstore":        store("go.etcd.io/bbolt"),
	"adapters/claudemodel":      adapter(claudeSDK),
	"adapters/claudesim":        adapter("github.com/santhosh-tekuri/jsonschema/v6"),
	"adapters/dynamostore":      store(awsSDK, smithy),
	"adapters/emfmetrics":       adapter(),
	"adapters/googleauth":       adapter("github.com/coreos/go-oidc/v3", "github.com/go-jose/go-jose/v4"),
	"adapters/guardmodel":       adapter("github.com/sony/gobreaker/v2", "golang.org/x/time"),
	"adapters/httpapi":          adapter("github.com/danielgtaylor/huma/v2", "golang.org/x/time"),
	"adapters/lambdaworker":     adapter(lambdaSDK),
	"adapters/memstore":         store(),
	"adapters/pagehtml":         adapter("github.com/microcosm-cc/bluemonday"),
	"adapters/sqsqueue":         adapter(awsSDK, smithy),
	"adapters/ssmsecrets":       adapter(awsSDK, smithy),
	"adapters/sysclock":         adapter("github.com/google/uuid"),
	"adapters/webhooks":         adapter(),

	"mocks": {own: []string{"core/...", "ports"}, third: []string{"go.uber.org/mock"}},

	"apps/*": {own: []string{"adapters/...", "apps/...", "core/...", "ports"}, any: true, testing: true},
}

// adapter is the row of one that stands for the given modules. It never names another adapter.
func adapter(technology ...string) rule {
	return rule{own: []string{"core/...", "ports"}, third: technology}
}

// only says which one tree may import a module, in tests too.
var only = map[string]string{
	claudeSDK:                "adapters/claudemodel",
	"github.com/google/wire": "apps",
}

// store is the row of an adapter that is a ports.Store.
func store(technology ...string) rule {
	r := adapter(technology...)
	r.own = append(r.own, "adapters/internal/storetx")
	return r
}

// forTests are the modules that every _test file may import beside those of its folder's row. It may import any folder of
// the module as well, apps only from within apps.
var forTests = []string{
	"github.com/anishathalye/porcupine",
	"github.com/google/go-cmp",
	"github.com/stretchr/testify",
	"go.uber.org/goleak",
	"go.uber.org/mock",
	"golang.org/x/net",
	"pgregory.net/rapid",
}

// never are packages that nothing imports: ten megabytes each for clouds that are not used.
var never = []string{claudeSDK + "/bedrock", claudeSDK + "/vertex"}

// impurePackages are what core does not import: the clock's, chance's and the machine's side of the standard library.
var impurePackages = []string{
	"C", "crypto/rand", "expvar", "flag", "hash/maphash", "log", "log/syslog", "math/rand", "math/rand/v2", "net", "net/http/...",
	"net/rpc/...", "net/smtp", "os/...", "plugin", "syscall", "unsafe",
}

// impureNames are what core does not name of packages that it may import: they read the clock, start a timer or a
// goroutine, or reach the terminal or the process-wide logger.
var impureNames = map[string][]string{
	"context": {"AfterFunc", "WithDeadline", "WithDeadlineCause", "WithTimeout", "WithTimeoutCause"},
	"fmt":     {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
	"log/slog": {
		"Debug", "DebugContext", "Default", "Error", "ErrorContext", "Info", "InfoContext", "Log", "LogAttrs", "SetDefault",
		"Warn", "WarnContext", "With",
	},
	"sync": {"WaitGroup"},
	"time": {"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"},
}

// environment are the names that read or change the environment: for the code of apps alone.
var environment = map[string][]string{
	"os":      {"Clearenv", "Environ", "ExpandEnv", "Getenv", "LookupEnv", "Setenv", "Unsetenv"},
	"syscall": {"Clearenv", "Environ", "Getenv", "Setenv", "Unsetenv"},
}

func TestArchitecture(t *testing.T) {
	t.Parallel()
	sources := readTree(t, ".")
	folders := map[string]bool{}
	for _, source := range sources {
		folders[source.folder()] = true
	}
	for _, folder := range []string{".", "core/fault", "ports", "apps/internal/covergate"} {
		if !folders[folder] {
			t.Fatalf("the walk did not reach %s", folder)
		}
	}
	for _, breach := range check(t, sources) {
		t.Errorf("%s", breach)
	}
}
