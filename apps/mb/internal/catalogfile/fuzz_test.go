package catalogfile_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// FuzzLoad reads whatever comes: it never panics, every refusal is one clear error, and what is accepted reads the same
// from its canonical form.
func FuzzLoad(f *testing.F) {
	for _, name := range []string{"harbor-plumbing.yaml", "two-stores-taqueria.yaml"} {
		text, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, false)
	}
	for _, seed := range []string{
		smallest, "business: &b\n  id: *b\n", "a: [*a]", "<<: {a: b}\n", "? [x]\n: y\n", "- !!binary x", "{a: {a: {a", "a:\n\t- b", "--- |\n x\n--- y", "%YAML 1.1\n---\nx: 010",
	} {
		f.Add([]byte(seed), false)
	}
	for _, seed := range []string{smallestJSON, `{"keywords":[{"keyword":"x","slug":1e999}]}`, `[[[[`, `{"a":"\ud800"}`, `{"business":{"id":"a","id":"b"}}`, `{"a":1}}`} {
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, isJSON bool) {
		path := filepath.Join(t.TempDir(), map[bool]string{true: "c.json", false: "c.yaml"}[isJSON])
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		_, canonical, err := catalogfile.Load(path)
		var problems catalogfile.Problems
		switch {
		case err == nil:
			again := filepath.Join(t.TempDir(), "again.json")
			if err := os.WriteFile(again, canonical, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, second, err := catalogfile.Load(again); err != nil || !bytes.Equal(canonical, second) {
				t.Fatalf("the canonical form reads differently: %v\n%s\n%s", err, canonical, second)
			}
		case !errors.As(err, &problems) || !errors.Is(err, fault.Invalid) || len(problems) == 0:
			t.Fatalf("not Problems: %v", err)
		default:
			for _, line := range problems.Lines() {
				if bytes.ContainsAny([]byte(line), "\n\x00") {
					t.Fatalf("not one line: %q", line)
				}
			}
		}
	})
}
