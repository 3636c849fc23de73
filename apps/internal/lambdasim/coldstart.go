package lambdasim

import (
	"context"
	"os"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Start is one measured cold start.
type Start struct {
	ExecToNext time.Duration // from the start of the process to its first request for work
	RSS        int64         // highest resident memory until then, in bytes; zero where /proc is missing
	Size       int64         // of the binary, in bytes
}

// ColdStart starts a binary, waits until it asks for work, and kills it. The environment is what Lambda gives and env. Errors:
// fault.Invalid when it cannot be started or does not come up within InitTimeout, the context's own error.
func ColdStart(ctx context.Context, binary string, env map[string]string) (Start, error) {
	config, err := Config{Binary: binary, Env: env}.withDefaults()
	if err != nil {
		return Start{}, err
	}
	file, err := os.Stat(config.Binary)
	if err != nil {
		return Start{}, fault.New(fault.Invalid, "lambdasim: cold start: %w", err)
	}
	e, err := startEnvironment(config, "cold", &lines{to: config.Output})
	if err != nil {
		return Start{}, fault.New(fault.Invalid, "lambdasim: cold start: %w", err)
	}
	defer e.kill()
	took, fail := e.await(ctx)
	if fail != nil {
		return Start{}, or(ctx.Err(), error(fault.New(fault.Invalid, "lambdasim: cold start of %s: %w", binary, fail)))
	}
	return Start{ExecToNext: took, RSS: e.process.maxRSS(), Size: file.Size()}, nil
}
