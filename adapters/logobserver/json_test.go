package logobserver_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// canary is what must never be seen.
const canary = "canary-9f2b"

// logged logs the attributes and returns the record and its text.
func logged(t *testing.T, attrs ...any) (map[string]any, string) {
	t.Helper()
	var out bytes.Buffer
	logobserver.NewJSON(&out, nil).Info("it happened", attrs...)
	require.Equal(t, 1, strings.Count(out.String(), "\n"), "one record is one line")
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record))
	require.Equal(t, "it happened", record["msg"])
	require.Equal(t, "INFO", record["level"])
	_, err := time.Parse(time.RFC3339Nano, record["time"].(string))
	require.NoError(t, err)
	return record, out.String()
}

// odd are types that nobody has looked at.
type (
	holder struct {
		Key    ports.Secret
		inside ports.Secret
		Body   []byte
		Text   string
	}
	stringer   struct{ text string }
	brokenText struct{}
	nilError   struct{ text string }
	number     int
	yes        bool
)

func (s stringer) String() string               { return s.text }
func (brokenText) MarshalText() ([]byte, error) { return nil, errors.New(canary) }
func (n *nilError) Error() string               { return n.text }

func TestJSONRedactsByType(t *testing.T) {
	t.Parallel()
	secret := ports.Secret(canary)
	address, err := url.Parse("https://user:" + canary + "@example.com")
	require.NoError(t, err)
	for name, c := range map[string]struct{ value, want any }{
		"Secret":           {secret, "[redacted]"},
		"PointerToSecret":  {&secret, "[redacted]"},
		"Secrets":          {[]ports.Secret{secret}, "[[]ports.Secret]"},
		"Bytes":            {[]byte(canary), "[11 bytes]"},
		"RawJSON":          {json.RawMessage(`"` + canary + `"`), "[json.RawMessage]"},
		"Struct":           {holder{secret, secret, []byte(canary), canary}, "[logobserver_test.holder]"},
		"PointerToStruct":  {&holder{secret, secret, []byte(canary), canary}, "[*logobserver_test.holder]"},
		"Map":              {http.Header{"Authorization": {canary}}, "[http.Header]"},
		"Texts":            {[]string{canary}, "[[]string]"},
		"URL":              {address, "[*url.URL]"},
		"Stringer":         {stringer{canary}, "[logobserver_test.stringer]"},
		"BrokenText":       {brokenText{}, "[not a text]"},
		"NamedBool":        {yes(true), true},
		"Func":             {func() {}, "[func()]"},
		"NilError":         {(*nilError)(nil), "[panicked]"},
		"Nil":              {nil, nil},
		"Error":            {errors.New("line one\nline two"), "line one line two"},
		"ErrorWithASecret": {fmt.Errorf("key %s %q %v %x", secret, secret, secret, secret), "key [redacted] [redacted] [redacted] [redacted]"},
		"ProviderKey":      {"got sk-ant-api03-" + canary + ", sorry", "got [redacted], sorry"},
		"ErrorProviderKey": {errors.New("sk-ant-" + canary), "[redacted]"},
		"Text":             {"a\x1b[2Jb\x00\u202ec", "a [2Jb c"},
		"NamedText":        {job.StateRunning, "running"},
		"Money":            {cost.Dollar, "1.000000000000"},
		"Address":          {netip.MustParseAddr("192.0.2.1"), "192.0.2.1"},
		"Number":           {number(7), 7.0},
		"Unsigned":         {uint8(7), 7.0},
		"Float":            {float32(0.5), 0.5},
		"Bool":             {true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record, text := logged(t, "value", c.value)
			require.Equal(t, c.want, record["value"])
			require.NotContains(t, text, canary)
			record, text = logged(t, slog.Group("within", "value", c.value))
			require.Equal(t, c.want, record["within"].(map[string]any)["value"])
			require.NotContains(t, text, canary)
		})
	}
}

func TestJSONRedactsByKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"authorization", "Authorization", "Proxy-Authorization", "x-api-key", "X-Api-Key", "api_key", "apiKey", "anthropicAPIKey", "APIKEY", "password",
		"db.password", "secret", "client_secret", "clientSecret", "token", "accessToken", "cookie", "Set-Cookie", "prompt", "system_prompt", "email",
		"e-mail", "owner_email", "emailAddress",
	} {
		for _, value := range []any{canary, []byte(canary), errors.New(canary), 11, ports.Secret(canary)} {
			record, text := logged(t, key, value)
			require.Equal(t, "[redacted]", record[key], key)
			require.NotContains(t, text, canary)
		}
		_, text := logged(t, slog.Group(key, "inside", canary, slog.Group("deeper", "down", canary)))
		require.NotContains(t, text, canary, key)
	}
	for _, key := range []string{"job", "tenant", "input_tokens", "tokens", "tokenizer", "keyboard", "request_id", "promptly", "a_pi_key"} {
		record, _ := logged(t, key, "fine")
		require.Equal(t, "fine", record[key])
	}
}

func TestJSONBoundsTexts(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	long := strings.Repeat("ü\n", 1<<20)
	logobserver.NewJSON(&out, slog.LevelDebug).Debug(long, "text", long, "error", errors.New(long), long, 1)
	require.Equal(t, 1, strings.Count(out.String(), "\n"))
	var record map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &record))
	for _, key := range []string{"msg", "text", "error"} {
		require.LessOrEqual(t, len(record[key].(string)), 1000)
		require.Greater(t, len(record[key].(string)), 900)
	}
}

func TestJSONKeepsItsLevel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	level := &slog.LevelVar{}
	logger := logobserver.NewJSON(&out, level)
	logger.Debug("no")
	require.Zero(t, out.Len())
	level.Set(slog.LevelDebug)
	logger.Debug("yes")
	require.NotZero(t, out.Len())
}

// TestEventsReadInJSON: nothing of an event falls to the rules.
func TestEventsReadInJSON(t *testing.T) {
	t.Parallel()
	for _, name := range porttest.Events() {
		var strict, free bytes.Buffer
		logobserver.New(logobserver.NewJSON(&strict, slog.LevelDebug)).Observe(t.Context(), porttest.FullEvent(name))
		logobserver.New(slog.New(slog.NewJSONHandler(&free, &slog.HandlerOptions{Level: slog.LevelDebug}))).Observe(t.Context(), porttest.FullEvent(name))
		require.Equal(t, free.String(), strict.String())
	}
}
