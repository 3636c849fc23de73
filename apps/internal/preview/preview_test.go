package preview_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/apps/internal/preview"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

func page() pages.Content {
	return pages.Content{
		Title: "Té & <b>miel</b>", MetaDescription: "</p><script>alert(1)</script>", H1: "Té \x00", Body: "One.\n\nTwo.",
		Sections: []pages.Section{{Heading: "<svg onload=alert(1)>", Content: strings.Repeat("palabra ", 20_000)}}, CTA: "Call",
	}
}

// script is a program that does what its text says. The tests run one after another: while another process is forked, it may hold a file
// that was just written open, and such a file cannot be started.
func script(t *testing.T, text string) *preview.Program {
	t.Helper()
	path := filepath.Join(t.TempDir(), preview.Name)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	return &preview.Program{Path: path}
}

// TestTheProgramRendersAsTheLibraryDoes: the real one, built as it is for Lambda.
func TestTheProgramRendersAsTheLibraryDoes(t *testing.T) {
	var b lambdasim.Builder
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	path, err := b.Build(t.Context(), "github.com/marketbrewer/marketbrewer/apps/preview")
	require.NoError(t, err)
	for _, language := range []catalog.Language{catalog.English, catalog.Spanish} {
		want, err := pagehtml.New().Render(t.Context(), language, page())
		require.NoError(t, err)
		got, err := (&preview.Program{Path: path}).Render(t.Context(), language, page())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.NotContains(t, got, "script")
	}
}

// TestTheProgramIsHandedNoEnvironment: of all that stands in that of who asks, credentials among it.
func TestTheProgramIsHandedNoEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "canary-secret")
	got, err := (&preview.Program{Path: "/usr/bin/env"}).Render(t.Context(), catalog.English, page())
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestAProgramThatFails(t *testing.T) {
	plain := filepath.Join(t.TempDir(), preview.Name)
	require.NoError(t, os.WriteFile(plain, []byte("#!/bin/sh\n"), 0o600))
	for what, c := range map[string]struct {
		program *preview.Program
		kind    fault.Kind
		want    string
	}{
		"is missing":  {preview.Beside(filepath.Join(t.TempDir(), "bootstrap")), fault.Internal, "preview: no such file"},
		"may not run": {&preview.Program{Path: plain}, fault.Internal, "permission denied"},
		"says why":    {script(t, "cat >/dev/null; echo first >&2; echo second >&2; exit 3"), fault.Internal, "exit status 3: first"},
		"says much":   {script(t, "cat >/dev/null; printf '%0500d' 0 >&2; exit 1"), fault.Internal, "exit status 1: " + strings.Repeat("0", 200)},
		"is silent":   {script(t, "cat >/dev/null; exit 2"), fault.Internal, "exit status 2"},
		"wrote some":  {script(t, "cat >/dev/null; echo '<html>'; exit 2"), fault.Internal, "exit status 2"},
		"was killed":  {script(t, "cat >/dev/null; kill -9 $$"), fault.Unavailable, "signal: killed"},
	} {
		got, err := c.program.Render(t.Context(), catalog.English, page())
		require.Empty(t, got, what)
		require.Equal(t, c.kind, fault.KindOf(err), what)
		require.ErrorContains(t, err, c.want, what)
		require.NotContains(t, err.Error(), "second", what)
		require.Less(t, len(err.Error()), 400, what)
	}
}

func TestWhoGoesIsNotWaitedFor(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := script(t, "exec sleep 3600").Render(ctx, catalog.English, page())
	require.ErrorIs(t, err, context.Canceled)
}

// TestThePackageHasTheProgram: it is built and put where the API's function looks for it.
func TestThePackageHasTheProgram(t *testing.T) {
	recipe, err := os.ReadFile("../../../Makefile")
	require.NoError(t, err)
	require.Contains(t, string(recipe), "\nBESIDE_api := "+preview.Name+"\n")
	require.DirExists(t, "../../"+preview.Name)
	require.Equal(t, "/var/task/preview", preview.Beside("/var/task/bootstrap").Path)
}
