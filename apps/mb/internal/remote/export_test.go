package remote_test

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// link is the header of an answer that has another part after it.
func link(to string) []string { return []string{"Link", "<" + to + `>; rel="next"`} }

// A file is all of its parts, each asked for where the one before has said, again when there was no answer.
func TestExportFollowsTheParts(t *testing.T) {
	t.Parallel()
	c, _, asked := setup(
		t, says(200, "a,b\n1,2\n", link("/api/businesses/b/jobs/j/ledger/export?cursor=x%2By&format=csv")...), says(503, `{"code": "UNAVAILABLE"}`),
		says(200, "", link("https://elsewhere.example.com/evil?cursor=z")...), says(200, "3,4\n"),
	)
	var out strings.Builder
	require.NoError(t, c.Export(t.Context(), "b", "j", "csv", &out))
	require.Equal(t, "a,b\n1,2\n3,4\n", out.String())
	var paths []string
	for _, r := range *asked {
		paths = append(paths, r.RequestURI)
	}
	const path = "/api/businesses/b/jobs/j/ledger/export?format=csv"
	require.Equal(t, []string{path, path + "&cursor=x%2By", path + "&cursor=x%2By", path + "&cursor=z"}, paths, "whatever the link says, the server is the same")
}

// What breaks off in the middle leaves nothing: between two rows it would look whole.
func TestABrokenExportWritesNothing(t *testing.T) {
	t.Parallel()
	first := says(200, "a,b\n1,2\n", link("/api/x?cursor=x")...)
	for name, second := range map[string]http.HandlerFunc{
		"the server is down":        says(503, `{"code": "UNAVAILABLE"}`),
		"the cursor is too old":     says(400, `{"code": "VALIDATION_ERROR"}`),
		"the same part again":       first,
		"a link that is none":       says(200, "3,4\n", "Link", `</api/x?cursor=%zz>; rel="next"`),
		"a link without a cursor":   says(200, "3,4\n", link("/api/x")...),
		"a link to the part before": says(200, "3,4\n", "Link", `</api/x?cursor=y>; rel="prev"`),
		"the connection is cut":     cut,
		"the connection is cut late": func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("3,4\n", 1<<14))
			cut(w, r)
		},
	} {
		c, _, _ := setup(t, first, second)
		var out strings.Builder
		require.Error(t, c.Export(t.Context(), "b", "j", "csv", &out), name)
		require.Empty(t, out.String(), name)
	}
}

// Where parts cannot be kept, that is said. Nothing stays in the folder.
func TestPartsAreKeptAside(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	c, _, _ := setup(t, says(200, "a,b\n"))
	require.NoError(t, c.Export(t.Context(), "b", "j", "csv", io.Discard))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left)
	t.Setenv("TMPDIR", folder+"/none")
	err = c.Export(t.Context(), "b", "j", "csv", io.Discard)
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "cannot be kept")
}
