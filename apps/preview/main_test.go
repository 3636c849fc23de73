package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPageBecomesADocument(t *testing.T) {
	t.Parallel()
	var out, problems bytes.Buffer
	require.Zero(t, run(strings.NewReader(`{"language":"es","content":{"title":"Té <script>1</script>","h1":"Té"}}`), &out, &problems))
	require.Contains(t, out.String(), `<html lang="es">`)
	require.Contains(t, out.String(), "<title>Té </title>")
	require.Empty(t, problems.String())
}

func TestWhatIsNoPageIsOneLine(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", "{", "[]", `{"language":5}`} {
		var out, problems bytes.Buffer
		require.Equal(t, 1, run(strings.NewReader(in), &out, &problems))
		require.Empty(t, out.String())
		require.Equal(t, 1, strings.Count(problems.String(), "\n"))
		require.Contains(t, problems.String(), "preview: the order cannot be read")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestADocumentThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	var problems bytes.Buffer
	require.Equal(t, 1, run(strings.NewReader("{}"), full{}, &problems))
	require.Equal(t, "preview: no room\n", problems.String())
}
