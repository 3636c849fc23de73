package lambdasim

import (
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Defaults of a Config and of the emulator; the first three are Lambda's own.
const (
	DefaultTimeout     = 3 * time.Second
	DefaultMemoryMB    = 128
	InitTimeout        = 10 * time.Second       // Lambda's limit for the time from the start to the first request for work
	ShutdownTime       = 500 * time.Millisecond // from SIGTERM to SIGKILL, when the function registered an extension
	DefaultConcurrency = 10                     // processes; an account's default of 1,000 would be too many for one machine
	PayloadLimit       = 6 << 20                // bytes of a synchronous request and of its answer
)

// Config describes a function. Only Binary is required.
type Config struct {
	Binary      string            // path of the program, "bootstrap" in Lambda
	Args        []string          // Lambda gives none; a test that is its own function may need some
	Name        string            // "function" when empty
	Env         map[string]string // the function's environment variables; they win over the emulator's
	MemoryMB    int               // DefaultMemoryMB when zero; not enforced
	Timeout     time.Duration     // of one invocation; DefaultTimeout when zero
	InitTimeout time.Duration     // InitTimeout when zero
	Shutdown    time.Duration     // from SIGTERM to SIGKILL; ShutdownTime when zero
	Concurrency int               // environments side by side; more invocations are throttled; DefaultConcurrency when zero
	Freeze      bool              // stop the process between invocations, as Lambda does
	Region      string            // "us-east-1" when empty
	Account     string            // "000000000000" when empty

	// Output gets whole lines of stdout and stderr of all processes, one Write per line, never two at once. All of an environment's
	// lines have arrived when the environment has ended. Nil discards them.
	Output io.Writer
	// Report is called once for each finished invocation, in the invocation's own goroutine. Nil reports nothing.
	Report func(Result)
}

// withDefaults fills in what was left out.
func (c Config) withDefaults() (Config, error) {
	if c.Binary == "" {
		return c, fault.New(fault.Invalid, "lambdasim: a function needs a binary")
	}
	binary, err := filepath.Abs(c.Binary)
	if err != nil {
		return c, fault.New(fault.Invalid, "lambdasim: binary %s: %w", c.Binary, err)
	}
	c.Binary = binary
	c.Name = or(c.Name, "function")
	c.MemoryMB = or(c.MemoryMB, DefaultMemoryMB)
	c.Timeout = or(c.Timeout, DefaultTimeout)
	c.InitTimeout = or(c.InitTimeout, InitTimeout)
	c.Shutdown = or(c.Shutdown, ShutdownTime)
	c.Concurrency = or(c.Concurrency, DefaultConcurrency)
	c.Region = or(c.Region, "us-east-1")
	c.Account = or(c.Account, "000000000000")
	if c.Output == nil {
		c.Output = io.Discard
	}
	if c.Report == nil {
		c.Report = func(Result) {}
	}
	return c, nil
}

// or returns the value, or the fallback for a zero value.
func or[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// ARN returns the function's name as Lambda writes it into every invocation.
func (c Config) arn() string {
	return "arn:aws:lambda:" + c.Region + ":" + c.Account + ":function:" + c.Name
}

// environ returns what a new process sees: what Lambda's OS-only runtimes define, then the function's own. Nothing is inherited. The
// credentials are no secret: without any the SDK would look for them in the network.
func (c Config) environ(id, api string) []string {
	env := map[string]string{
		"PATH":                            "/usr/local/bin:/usr/bin:/bin",
		"LANG":                            "en_US.UTF-8",
		"TZ":                              ":UTC",
		"LAMBDA_TASK_ROOT":                filepath.Dir(c.Binary),
		"_HANDLER":                        "bootstrap",
		"AWS_LAMBDA_RUNTIME_API":          api,
		"AWS_LAMBDA_FUNCTION_NAME":        c.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(c.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + c.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME":      "[$LATEST]" + id,
		"AWS_LAMBDA_LOG_FORMAT":           "JSON",
		"AWS_LAMBDA_LOG_LEVEL":            "INFO",
		"AWS_REGION":                      c.Region,
		"AWS_DEFAULT_REGION":              c.Region,
		"AWS_ACCESS_KEY_ID":               "lambdasim",
		"AWS_SECRET_ACCESS_KEY":           "lambdasim",
		"AWS_SESSION_TOKEN":               "lambdasim",
	}
	maps.Copy(env, c.Env)
	list := make([]string, 0, len(env))
	for _, name := range slices.Sorted(maps.Keys(env)) {
		list = append(list, name+"="+env[name])
	}
	return list
}
