package measure

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/cover"
)

// Skip says which files are left out: by path inside the module, and whether a generator wrote them.
type Skip func(path string, generated bool) bool

// Module measures every Go file of the module at root (the folder of its go.mod) that skip does not leave out. A file with
// code that the profile lacks is an error, so that a package cannot escape by not being tested; so is a file of the
// profile that the module lacks. Files for other platforms or behind build tags are passed over.
func Module(root string, profile Profile, skip Skip) ([]File, error) {
	module, err := modulePath(root)
	if err != nil {
		return nil, err
	}
	sources, err := sourcesIn(root)
	if err != nil {
		return nil, err
	}
	if err := strangers(profile, module, sources); err != nil {
		return nil, err
	}
	var files []File
	for _, name := range sources {
		file, measured, err := measureOne(root, name, profile[path.Join(module, name)], skip)
		if err != nil {
			return nil, err
		}
		if measured {
			files = append(files, file)
		}
	}
	return files, nil
}

// measureOne reads one file; false means that there is nothing in it to measure.
func measureOne(root, name string, blocks []cover.ProfileBlock, skip Skip) (File, bool, error) {
	src, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		return File{}, false, err
	}
	tree, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, false, err
	}
	if skip(name, ast.IsGenerated(tree)) || len(bodies(tree)) == 0 {
		return File{}, false, nil
	}
	if len(blocks) == 0 {
		dir, base := filepath.Split(filepath.Join(root, filepath.FromSlash(name)))
		if built, err := build.Default.MatchFile(dir, base); err != nil || !built {
			return File{}, false, err
		}
		return File{}, false, fmt.Errorf("the profile lacks %s: make it with -coverpkg=./... over all packages", name)
	}
	file, err := Source(name, src, blocks)
	return file, err == nil, err
}

// strangers refuses a profile of another module or of files that are gone.
func strangers(profile Profile, module string, sources []string) error {
	known := make(map[string]bool, len(sources))
	for _, name := range sources {
		known[path.Join(module, name)] = true
	}
	var strange []string
	for name := range profile {
		if !known[name] {
			strange = append(strange, name)
		}
	}
	if len(strange) > 0 {
		return fmt.Errorf("the profile names %s, which module %s does not have: make it again in the module's root",
			slices.Min(strange), module)
	}
	return nil
}

// modulePath reads the module line of go.mod.
func modulePath(root string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		return "", fmt.Errorf("no module here, name its folder with -root: %w", err)
	}
	for line := range bytes.Lines(data) {
		words := strings.Fields(string(line))
		if len(words) < 2 || words[0] != "module" {
			continue
		}
		if unquoted, err := strconv.Unquote(words[1]); err == nil {
			return unquoted, nil
		}
		return words[1], nil
	}
	return "", fmt.Errorf("%s has no module line", filepath.Join(root, "go.mod"))
}

// sourcesIn lists the module's Go files that are not tests, sorted, as the go command sees them: without testdata, hidden
// folders and modules inside.
func sourcesIn(root string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && at != root && outside(at, entry.Name()):
			return fs.SkipDir
		case entry.IsDir() || !isSource(entry.Name()):
			return nil
		}
		name, err := filepath.Rel(root, at)
		names = append(names, filepath.ToSlash(name))
		return err
	})
	return names, err
}

func isSource(name string) bool {
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && name[0] != '.' && name[0] != '_'
}

// outside reports whether a folder is none of the module's packages.
func outside(at, name string) bool {
	switch {
	case name[0] == '.' || name[0] == '_', name == "testdata", name == "vendor", name == "node_modules":
		return true
	}
	_, err := os.Stat(filepath.Join(at, "go.mod"))
	return err == nil
}
