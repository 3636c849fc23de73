package claudemodel_test

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

func TestKeyIsNeverShown(t *testing.T) {
	t.Parallel()
	key := ports.Secret(testKey)
	holder := struct{ Key ports.Secret }{key}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
		for _, value := range []any{key, &key, holder, []ports.Secret{key}, map[ports.Secret]int{key: 1}} {
			shows(t, fmt.Sprintf(verb, value))
		}
	}
	shows(t, key.String())
	shows(t, key.GoString())
	encoded, err := json.Marshal([]any{key, holder})
	require.NoError(t, err)
	shows(t, string(encoded))
	require.Contains(t, string(encoded), "[redacted]")
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("text", "key", key, "holder", holder)
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "key", key, "holder", holder)
	shows(t, log.String())
	text, err := key.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "[redacted]", string(text))
	var binary bytes.Buffer
	require.NoError(t, gob.NewEncoder(&binary).Encode(holder))
	shows(t, binary.String())
}

func shows(t *testing.T, text string) {
	t.Helper()
	for i := 0; i+6 <= len(testKey); i++ {
		require.NotContains(t, text, testKey[i:i+6])
		require.NotContains(t, text, fmt.Sprintf("%x", testKey[i:i+6]))
	}
}

func TestPrintingAModelShowsNoKey(t *testing.T) {
	t.Parallel()
	model := newModel(t, "", nil)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		shows(t, fmt.Sprintf(verb, model))
		shows(t, fmt.Sprintf(verb, *model))
	}
}
