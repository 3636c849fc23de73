package lambdasim

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Builder builds function binaries for this machine, each once. The zero value is ready; Close removes what it built.
// Safe for concurrent use: builds wait for each other, as each uses all cores.
type Builder struct {
	mu     sync.Mutex
	folder string
	built  map[string]string
}

// Build builds a main package as it is built for Lambda, but for the host: lambda.norpc and the given tags, trimmed and stripped. The
// package is an import path, or a folder as "./x". It returns the binary's path. Errors: fault.Invalid with the compiler's words.
func (b *Builder) Build(ctx context.Context, pkg string, tags ...string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := strings.Join(append([]string{"lambda.norpc"}, tags...), ",")
	key := pkg + " " + all
	if path, found := b.built[key]; found {
		return path, nil
	}
	path, err := b.place()
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-tags", all, "-trimpath", "-ldflags", "-s -w", "-o", path, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", or(ctx.Err(), error(fault.New(fault.Invalid, "lambdasim: build %s: %w: %s", pkg, err, out)))
	}
	b.built[key] = path
	return path, nil
}

// place returns the path of the next binary, in a folder of its own: a function sees its folder as its task root.
func (b *Builder) place() (string, error) {
	if b.folder == "" {
		folder, err := os.MkdirTemp("", "lambdasim-")
		if err != nil {
			return "", fault.New(fault.Unavailable, "lambdasim: build: %w", err)
		}
		b.folder, b.built = folder, map[string]string{}
	}
	return filepath.Join(b.folder, fmt.Sprint(len(b.built)), "bootstrap"), nil
}

// Close removes the binaries.
func (b *Builder) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	folder := b.folder
	b.folder, b.built = "", nil
	if folder == "" {
		return nil
	}
	return os.RemoveAll(folder)
}
