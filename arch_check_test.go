package marketbrewer_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// source is one Go file: its slash-separated path from the root, and its text.
type source struct{ path, text string }

func (s source) folder() string { return path.Dir(s.path) }

// breach is one place that breaks a rule.
type breach struct {
	file string
	line int
	rule string
}

func (b breach) String() string { return fmt.Sprintf("%s:%d: %s", b.file, b.line, b.rule) }

// readTree reads every Go file of the module, whatever its build tags. It opens the files itself, so that a cached test
// result is dropped when one of them changes; go list would hide that.
func readTree(t *testing.T, root string) []source {
	t.Helper()
	var sources []source
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && at != root && outsideModule(at, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(at, ".go"):
			return nil
		}
		text, err := os.ReadFile(at)
		name, _ := filepath.Rel(root, at)
		sources = append(sources, source{path: filepath.ToSlash(name), text: string(text)})
		return err
	})
	require.NoError(t, err)
	return sources
}

// outsideModule reports folders that the go command passes over too, and those of packages for the browser.
func outsideModule(at, name string) bool {
	switch {
	case name[0] == '.', name[0] == '_', name == "testdata", name == "vendor", name == "node_modules":
		return true
	}
	_, err := os.Stat(filepath.Join(at, "go.mod"))
	return err == nil
}

// parsed is a source with its tree and the row that governs it.
type parsed struct {
	source
	fset *token.FileSet
	tree *ast.File
	// root is the folder that the row stands for, so core/pages for a file in core/pages/prompts.
	root string
	rule rule
}

func (p *parsed) test() bool      { return strings.HasSuffix(p.path, "_test.go") }
func (p *parsed) generated() bool { return ast.IsGenerated(p.tree) }
func (p *parsed) core() bool      { return under(p.path, "core") }
func (p *parsed) apps() bool      { return under(p.path, "apps") }

// under reports whether a path is a folder or lies below it.
func under(name, folder string) bool { return name == folder || strings.HasPrefix(name, folder+"/") }

// check holds all sources against all rules and returns the breaches in order.
func check(t *testing.T, sources []source) []breach {
	t.Helper()
	fset := token.NewFileSet()
	c := &checker{core: map[string][]*parsed{}}
	for _, s := range sources {
		tree, err := parser.ParseFile(fset, s.path, s.text, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		c.file(&parsed{source: s, fset: fset, tree: tree})
	}
	for _, files := range c.core {
		c.state(files)
	}
	slices.SortFunc(c.breaches, func(a, b breach) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.rule, b.rule))
	})
	return c.breaches
}

// checker gathers breaches, and core's files by folder for the rules that need a whole package.
type checker struct {
	breaches []breach
	core     map[string][]*parsed
}

func (c *checker) add(p *parsed, at token.Pos, format string, args ...any) {
	c.breaches = append(c.breaches, breach{file: p.path, line: p.fset.Position(at).Line, rule: fmt.Sprintf(format, args...)})
}

// file checks one file by itself.
func (c *checker) file(p *parsed) {
	var ok bool
	if p.root, p.rule, ok = ruleOf(p.folder()); !ok {
		c.add(p, p.tree.Package, "folder %s has no row in the table of arch_test.go: add one, or move the file", p.folder())
		return
	}
	for _, spec := range p.tree.Imports {
		c.imports(p, spec)
	}
	c.shape(p)
	if p.test() {
		return
	}
	if !p.apps() {
		c.names(p, environment, "the environment is read by apps alone")
	}
	if p.core() {
		c.core[p.folder()] = append(c.core[p.folder()], p)
		c.names(p, impureNames, "core has no clock, timer, terminal or goroutine: take the value as an argument or use a port")
		c.statements(p)
	}
}

// ruleOf finds the row for a folder: the nearest folder above it that has one, by name before *.
func ruleOf(folder string) (string, rule, bool) {
	for root := folder; ; root = path.Dir(root) {
		if found, ok := table[root]; ok && (root != "." || folder == ".") {
			return root, found, true
		}
		if found, ok := table[path.Join(path.Dir(root), "*")]; ok && root != "." {
			return root, found, true
		}
		if root == "." {
			return "", rule{}, false
		}
	}
}

// shape checks what holds for every file: no init, programs only in apps, mocks only by generator.
func (c *checker) shape(p *parsed) {
	for _, decl := range p.tree.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if ok && fn.Recv == nil && fn.Name.Name == "init" && !p.generated() {
			c.add(p, fn.Pos(), "init functions run behind the importer's back: call it by name")
		}
	}
	if p.tree.Name.Name == "main" && !p.apps() {
		c.add(p, p.tree.Package, "programs live in apps")
	}
	if p.root == "mocks" && !p.generated() && path.Base(p.path) != "doc.go" {
		c.add(p, p.tree.Package, "mocks holds generated files alone: change the port and run make generate")
	}
}

// imports checks one import.
func (c *checker) imports(p *parsed, spec *ast.ImportSpec) {
	name, _ := strconv.Unquote(spec.Path.Value)
	if why := p.refuses(name); why != "" {
		c.add(p, spec.Pos(), "%s may not import %s: %s", p.folder(), name, why)
	}
	if spec.Name != nil && spec.Name.Name == "." && !p.test() {
		c.add(p, spec.Pos(), "a dot import hides where names come from: name the package")
	}
}

// refuses says why a file may not import a package; empty when it may.
func (p *parsed) refuses(name string) string {
	switch own, inModule := strings.CutPrefix(name, module+"/"); {
	case inModule:
		return p.refusesOwn(own)
	case name == module:
		return "the root holds no code"
	case !strings.Contains(strings.Split(name, "/")[0], "."):
		return p.refusesStandard(name)
	default:
		return p.refusesThird(name)
	}
}

func (p *parsed) refusesOwn(folder string) string {
	switch {
	case under(folder, p.root) && (p.root != "ports" || folder == "ports"):
		return ""
	case p.test() && under(folder, "apps") && !p.apps():
		return "apps are for apps alone"
	case p.test():
		return ""
	case !matchesAny(folder, p.rule.own):
		return fmt.Sprintf("its row allows %s", orNothing(p.rule.own))
	}
	return ""
}

func (p *parsed) refusesStandard(name string) string {
	switch {
	case p.test():
		return ""
	case p.core() && matchesAny(name, impurePackages):
		return "core has no I/O, clock, randomness or environment"
	case !p.rule.testing && (under(name, "testing") || name == "net/http/httptest"):
		return "it is for tests"
	}
	return ""
}

func (p *parsed) refusesThird(name string) string {
	for module, folder := range only {
		if under(name, module) && !under(p.path, folder) {
			return "only " + folder + " may"
		}
	}
	switch {
	case matchesAny(name, never):
		return "nothing may"
	case p.rule.any, inModules(name, p.rule.third):
		return ""
	case p.test() && inModules(name, forTests):
		return ""
	}
	return fmt.Sprintf("its row allows %s of other modules", orNothing(p.rule.third))
}

func inModules(name string, modules []string) bool {
	return slices.ContainsFunc(modules, func(module string) bool { return under(name, module) })
}

// matchesAny reports whether a path is one of the patterns: itself, or all of a tree with /... at the end.
func matchesAny(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
			return under(name, tree)
		}
		return name == pattern
	})
}

func orNothing(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}
