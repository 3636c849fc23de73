package marketbrewer_test

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// consumed is what another team needs to run its own kind of work: the packages of core, and ports. It uses a name of each, so
// that all of them are linked.
const consumed = `package main

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/core/retry"
	"github.com/marketbrewer/marketbrewer/ports"
)

type sender struct{}

func (sender) Send(context.Context, ...ports.Message) error { return nil }

func main() {
	_, err := engine.New(engine.Ports{Queue: sender{}}, []job.Kind{pages.Kind{}}, nil)
	var business catalog.Business
	fmt.Println(fault.KindOf(err), cost.Prices().Version(), business, idempotency.Keep, quota.Ramp{}, retry.Policy{})
}
`

// stranger is a module of somebody else's that uses this tree and can download nothing.
type stranger struct {
	folder, cache string
	env           []string
}

func newStranger(t *testing.T) *stranger {
	t.Helper()
	root, err := os.Getwd()
	require.NoError(t, err)
	s := &stranger{folder: t.TempDir(), cache: t.TempDir()}
	// Compiled packages may come from the usual cache: without their sources none is of use.
	s.env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOMODCACHE="+s.cache, "GOWORK=off", "GOTOOLCHAIN=local")
	s.write(t, "go.mod", "module example.com/stranger\n\ngo 1.26\n\nrequire "+module+" v0.0.0\n\nreplace "+module+" => "+root+"\n")
	s.write(t, "main.go", consumed)
	return s
}

func (s *stranger) write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600))
}

func (s *stranger) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.folder, name))
	require.NoError(t, err)
	return string(text)
}

// run runs the go command in the stranger's module and returns its lines.
func (s *stranger) run(t *testing.T, args ...string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir, command.Env = s.folder, s.env
	out, err := command.CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// packages are those of some folders that programs can import. It reads all their files itself, so that a cached result of the
// test is dropped when one of them changes: what the go command reads, go test does not know of.
func packages(t *testing.T, folders ...string) []string {
	t.Helper()
	var list []string
	for _, folder := range folders {
		for _, source := range readTree(t, folder) {
			if !strings.HasSuffix(source.path, "_test.go") && source.folder() != "porttest" {
				list = append(list, path.Join(module, folder, source.folder()))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestCoreAndPortsNeedNothingElse builds, vets and vendors a program of another module that imports core and ports, with an empty
// cache of modules and no network: anything that they import beside the standard library would have to be downloaded.
//
// That much is promised. `go mod tidy` and `go list -m all` look at more than what is built, at the tests of imported packages and
// at all that our go.mod names, and these are of other modules.
func TestCoreAndPortsNeedNothingElse(t *testing.T) {
	t.Parallel()
	imported := packages(t, "core", "ports")
	require.Contains(t, imported, module+"/core/engine")
	require.Contains(t, imported, module+"/ports")
	s := newStranger(t)

	s.run(t, "vet", ".")
	s.run(t, "build", "-o", "stranger", ".")
	var modules []string
	for _, line := range s.run(t, "version", "-m", "stranger") {
		if fields := strings.Fields(line); len(fields) > 1 && (fields[0] == "dep" || fields[0] == "mod") {
			modules = append(modules, fields[1])
		}
	}
	require.Equal(t, []string{"example.com/stranger", module}, modules)

	for _, name := range s.run(t, append([]string{"list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}"}, imported...)...) {
		require.Contains(t, imported, name, "%s is neither of core, nor of ports, nor of the standard library", name)
	}
	s.run(t, "mod", "vendor")
	s.run(t, "build", "-mod=vendor", "-o", "vendored", ".")
	var vendored []string
	for line := range strings.Lines(s.read(t, "vendor/modules.txt")) {
		if strings.HasPrefix(line, "# ") {
			vendored = append(vendored, strings.Fields(line)[1])
		}
	}
	require.Equal(t, []string{module}, slices.Compact(vendored), "packages of other modules came along")

	cached, err := os.ReadDir(s.cache)
	require.NoError(t, err)
	for _, entry := range cached {
		require.Equal(t, "cache", entry.Name(), "a module was downloaded") // the go command's locks
	}
}

// TestFunctionsLoadNoSanitiser: it makes tables as it is loaded, a third of what the start of the API's function took.
func TestFunctionsLoadNoSanitiser(t *testing.T) {
	t.Parallel()
	for folder, wanted := range map[string]bool{"api": false, "worker": false, "sweeper": false, "preview": true} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./apps/"+folder).Output()
		require.NoError(t, err)
		require.Equal(t, wanted, strings.Contains(string(out), "microcosm-cc/bluemonday"), folder)
	}
}
