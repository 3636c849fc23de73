// Package teeth shows that the simulator finds mistakes: it plants bugs, one at a time, in copies of the sources that only
// a test build sees, and asks for the first seed that finds each. The sources themselves know nothing of it.
package teeth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module  = "github.com/marketbrewer/marketbrewer"
	planted = module + "/core/planted"
)

// switchFile is the package that holds the switch; it exists in the test build alone.
const switchFile = `// Package planted says which bug is switched on.
package planted

var name string

// Plant switches one bug on, or all off.
func Plant(bug string) { name = bug }

// Is reports whether the bug is switched on.
func Is(bug string) bool { return name == bug }
`

// tree is a set of edited sources by their path from the root.
type tree struct {
	root  string
	files map[string]string
}

func (t *tree) read(file string) (string, error) {
	if text, edited := t.files[file]; edited {
		return text, nil
	}
	body, err := os.ReadFile(filepath.Join(t.root, file))
	return string(body), err
}

// edit makes one edit; its text must stand once in the file, or nobody knows what it changes.
func (t *tree) edit(name string, e Edit) error {
	text, err := t.read(e.File)
	if err != nil {
		return err
	}
	if n := strings.Count(text, e.Old); n != 1 {
		return fmt.Errorf("bug %s: %s has the text %q %d times, it must be there once: bring internal/teeth in line with the source", name, e.File, e.Old, n)
	}
	text = strings.Replace(text, e.Old, strings.ReplaceAll(e.New, "BUG", fmt.Sprintf("planted.Is(%q)", name)), 1)
	if strings.Contains(e.New, "BUG") && !strings.Contains(text, `"`+planted+`"`) {
		text = strings.Replace(text, "\nimport (", "\nimport \""+planted+"\"\n\nimport (", 1)
		if !strings.Contains(text, `"`+planted+`"`) {
			at := strings.Index(text, "\npackage ")
			if strings.HasPrefix(text, "package ") {
				at = 0
			}
			end := at + 1 + strings.IndexByte(text[at+1:], '\n')
			text = text[:end] + "\n\nimport \"" + planted + "\"\n" + text[end:]
		}
	}
	t.files[e.File] = text
	return nil
}

// plant makes all edits of a bug, or none.
func (t *tree) plant(b Bug) error {
	before := map[string]string{}
	for file, text := range t.files {
		before[file] = text
	}
	for _, e := range b.Edits {
		if err := t.edit(b.Name, e); err != nil {
			t.files = before
			return err
		}
	}
	return nil
}

// group is one test build with the bugs that can stand in it side by side.
type group struct {
	tree *tree
	bugs []Bug
}

func newTree(root string) (*tree, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	t := &tree{root: root, files: map[string]string{}}
	for _, e := range scaffold() {
		if err := t.edit("scaffold", e); err != nil {
			return nil, err
		}
	}
	t.files["core/planted/planted.go"] = switchFile
	t.files["apps/sim/plant.go"] = "package main\n\nimport \"" + planted + "\"\n\nfunc plant(bug string) bool {\n\tplanted.Plant(bug)\n\treturn true\n}\n"
	return t, nil
}

// groups spreads the bugs over as few builds as their edits allow. A bug that fits into a build of its own neither is an
// error: its text is out of date.
func groups(root string, bugs []Bug) ([]*group, error) {
	var all []*group
next:
	for _, b := range bugs {
		for _, g := range all {
			if g.tree.plant(b) == nil {
				g.bugs = append(g.bugs, b)
				continue next
			}
		}
		t, err := newTree(root)
		if err != nil {
			return nil, err
		}
		if err := t.plant(b); err != nil {
			return nil, err
		}
		all = append(all, &group{t, []Bug{b}})
	}
	return all, nil
}

// build makes the simulator with the group's bugs in it.
func (g *group) build(dir, name string) (string, error) {
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for file, text := range g.tree.files {
		copied := filepath.Join(dir, name+"-"+strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return "", err
		}
		overlay.Replace[filepath.Join(g.tree.root, file)] = copied
	}
	body, err := json.Marshal(overlay)
	if err != nil {
		return "", err
	}
	list := filepath.Join(dir, name+".json")
	if err := os.WriteFile(list, body, 0o600); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, name)
	cmd := exec.Command("go", "build", "-buildvcs=false", "-overlay", list, "-o", binary, "./apps/sim")
	cmd.Dir = g.tree.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build with planted bugs: %w\n%s", err, out)
	}
	return binary, nil
}

// Found is the first seed, or point, that finds a bug; empty when none does.
type Found struct {
	Bug   Bug
	Where string
	Rule  string
}

// Hunt plants each bug and lets the simulator look for it: in seeds, and in small worlds where seeds have not found it.
func Hunt(root string, bugs []Bug, seeds int, tell func(Found)) error {
	dir, err := os.MkdirTemp("", "teeth")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // what is left in the folder for temporary files harms nobody
	all, err := groups(root, bugs)
	if err != nil {
		return err
	}
	for n, g := range all {
		binary, err := g.build(dir, fmt.Sprintf("sim%d", n))
		if err != nil {
			return err
		}
		for _, b := range g.bugs {
			found, err := look(binary, b, seeds)
			if err != nil {
				return err
			}
			tell(found)
		}
	}
	return nil
}

func look(binary string, b Bug, seeds int) (Found, error) {
	var out, trouble bytes.Buffer
	cmd := exec.Command(binary, "-bug", b.Name, "-seeds", fmt.Sprint(seeds))
	cmd.Stdout, cmd.Stderr = &out, &trouble
	if err := cmd.Run(); err != nil {
		return Found{}, fmt.Errorf("hunt for %s: %w\n%s%s", b.Name, err, out.Bytes(), trouble.Bytes())
	}
	found := Found{Bug: b}
	where, rule, _ := strings.Cut(strings.TrimSpace(out.String()), "\t")
	found.Where, found.Rule = where, rule
	return found, nil
}
