package claudemodel_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// sent makes one call and returns the request that the provider got, with its body.
func sent(t *testing.T, request job.Request) (*http.Request, string) {
	t.Helper()
	var got *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		responds(200, message())(w, r)
	}))
	t.Cleanup(server.Close)
	_, err := newModel(t, server.URL, nil).Call(t.Context(), request)
	require.NoError(t, err)
	return got, string(body)
}

func TestBodyIsExactlyThis(t *testing.T) {
	t.Parallel()
	schema := `{"type":"object","properties":{"zebra":{"type":"string"},"apple":{"type":"object",` +
		`"properties":{"b":{"type":"string"},"a":{"type":"string"}}}},"required":["zebra","apple"],"additionalProperties":false}`
	for name, test := range map[string]struct {
		request job.Request
		want    string
	}{
		"the least": {
			job.Request{Model: "claude-haiku-4-5", Prompt: "Hi", MaxTokens: 1},
			`{"max_tokens":1,"messages":[{"content":[{"text":"Hi","type":"text"}],"role":"user"}],"model":"claude-haiku-4-5"}`,
		},
		"a prefix to keep": {
			job.Request{Model: "claude-haiku-4-5", System: "Be brief", Prompt: "Hi", MaxTokens: 1, Cache: cost.Cache5m},
			`{"max_tokens":1,"messages":[{"content":[{"text":"Hi","type":"text"}],"role":"user"}],"model":"claude-haiku-4-5",` +
				`"system":[{"text":"Be brief","cache_control":{"ttl":"5m","type":"ephemeral"},"type":"text"}]}`,
		},
		"for an hour": {
			job.Request{Model: "claude-haiku-4-5", System: "Be brief", Prompt: "Hi", MaxTokens: 1, Cache: cost.Cache1h},
			`{"max_tokens":1,"messages":[{"content":[{"text":"Hi","type":"text"}],"role":"user"}],"model":"claude-haiku-4-5",` +
				`"system":[{"text":"Be brief","cache_control":{"ttl":"1h","type":"ephemeral"},"type":"text"}]}`,
		},
		"nothing to keep": {
			job.Request{Model: "claude-haiku-4-5", Prompt: "Hi", MaxTokens: 1, Cache: cost.Cache1h},
			`{"max_tokens":1,"messages":[{"content":[{"text":"Hi","type":"text"}],"role":"user"}],"model":"claude-haiku-4-5"}`,
		},
		"everything": {
			job.Request{
				Model: "claude-haiku-5-5", System: "Be \"brief\" <b>", Prompt: "Gr\u00fc\u00dfe\n& more", MaxTokens: 128000,
				Schema: []byte(schema), InputBound: 77,
			},
			`{"max_tokens":128000,"messages":[{"content":[{"text":"Gr\u00fc\u00dfe\n\u0026 more","type":"text"}],"role":"user"}],` +
				`"model":"claude-haiku-5-5","output_config":{"format":{"type":"json_schema","schema":` + schema + `}},` +
				`"system":[{"text":"Be \"brief\" \u003cb\u003e","type":"text"}],"thinking":{"type":"disabled"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, body := sent(t, test.request)
			want := strings.NewReplacer(`\u00fc`, "\u00fc", `\u00df`, "\u00df").Replace(test.want)
			require.Equal(t, want, body)
		})
	}
}

func TestHeadersAndAddress(t *testing.T) {
	t.Parallel()
	r, _ := sent(t, request())
	require.Equal(t, http.MethodPost, r.Method)
	require.Equal(t, "/v1/messages", r.URL.Path)
	require.Equal(t, testKey, r.Header.Get("x-api-key"))
	require.Equal(t, "2023-06-01", r.Header.Get("anthropic-version"))
	require.Equal(t, "application/json", r.Header.Get("Content-Type"))
	require.Empty(t, r.Header.Get("Authorization"))
	require.Empty(t, r.Header.Get("anthropic-beta"))
	require.Equal(t, "HTTP/1.1", r.Proto)
}

func TestThinkingFollowsTheModel(t *testing.T) {
	t.Parallel()
	for model, want := range map[string]string{
		"claude-haiku-5-5":          `"thinking":{"type":"disabled"}`,
		"claude-haiku-5-5-20261007": `"thinking":{"type":"disabled"}`,
		"claude-sonnet-5-5":         `"thinking":{"type":"between_tools"}`,
		"claude-haiku-4-5":          "",
		"claude-haiku-5-50":         "",
		"claude-sonnet-5":           "",
		"claude-opus-5-5":           "",
	} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			_, body := sent(t, job.Request{Model: model, Prompt: "Hi", MaxTokens: 5})
			if want == "" {
				require.NotContains(t, body, "thinking")
				return
			}
			require.Contains(t, body, want)
		})
	}
}

// TestTheEnvironmentIsNotRead has one of everything that the client would take from there.
func TestTheEnvironmentIsNotRead(t *testing.T) {
	nobody := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		t.Error("the environment's address was called")
	}))
	defer nobody.Close()
	for name, value := range map[string]string{
		"ANTHROPIC_API_KEY": "junk-key", "ANTHROPIC_AUTH_TOKEN": "junk-token", "ANTHROPIC_PROFILE": "junk-profile",
		"ANTHROPIC_BASE_URL": nobody.URL, "ANTHROPIC_CUSTOM_HEADERS": "x-junk: junk",
		"ANTHROPIC_FEDERATION_RULE_ID": "fdrl_junk", "ANTHROPIC_ORGANIZATION_ID": "junk", "ANTHROPIC_IDENTITY_TOKEN": "junk",
		"ANTHROPIC_CONFIG_DIR": t.TempDir(), "ANTHROPIC_WEBHOOK_SIGNING_KEY": "junk",
		"HTTP_PROXY": nobody.URL, "HTTPS_PROXY": nobody.URL, "ALL_PROXY": nobody.URL, "NO_PROXY": "",
	} {
		t.Setenv(name, value)
	}
	r, body := sent(t, request())
	require.Equal(t, testKey, r.Header.Get("x-api-key"))
	for name, values := range r.Header {
		require.NotContains(t, strings.Join(values, " "), "junk", name)
	}
	require.NotContains(t, body, "junk")
}

func TestRequestsThatAreNotSent(t *testing.T) {
	t.Parallel()
	good := request()
	for name, change := range map[string]func(*job.Request){
		"no model":                func(r *job.Request) { r.Model = "" },
		"no tokens":               func(r *job.Request) { r.MaxTokens = 0 },
		"another cache":           func(r *job.Request) { r.Cache = "2h" },
		"negative tokens":         func(r *job.Request) { r.MaxTokens = -5 },
		"an empty schema":         func(r *job.Request) { r.Schema = []byte{} },
		"a schema of spaces":      func(r *job.Request) { r.Schema = []byte("  ") },
		"a schema that is cut":    func(r *job.Request) { r.Schema = []byte(`{"type":`) },
		"a schema that is a list": func(r *job.Request) { r.Schema = []byte(`[{}]`) },
		"a schema and more":       func(r *job.Request) { r.Schema = []byte(`{},"a":{}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, responds(200, message()))
			bad := good
			change(&bad)
			_, err := newModel(t, p.URL, nil).Call(t.Context(), bad)
			require.ErrorIs(t, err, fault.Rejected)
			require.False(t, fault.Unknown(err))
			require.Zero(t, p.requests.Load())
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key     ports.Secret
		options *claudemodel.Options
		want    string
	}{
		"no key":                {"", nil, "key is empty"},
		"a line break":          {"sk-test-secret\n", nil, "at byte 15"},
		"a space":               {"sk secret", nil, "at byte 3"},
		"another alphabet":      {"sk-\u00fcsecret", nil, "at byte 4"},
		"no scheme":             {testKey, &claudemodel.Options{BaseURL: "localhost:9090"}, "absolute"},
		"another scheme":        {testKey, &claudemodel.Options{BaseURL: "ftp://localhost"}, "absolute"},
		"no host":               {testKey, &claudemodel.Options{BaseURL: "http://:9090"}, "absolute"},
		"no URL at all":         {testKey, &claudemodel.Options{BaseURL: "http://[::1"}, "absolute"},
		"a user":                {testKey, &claudemodel.Options{BaseURL: "http://me:pass@localhost"}, "no user"},
		"a query":               {testKey, &claudemodel.Options{BaseURL: "http://localhost?a=b"}, "no user, query"},
		"a fragment":            {testKey, &claudemodel.Options{BaseURL: "http://localhost#a"}, "fragment"},
		"a timeout before zero": {testKey, &claudemodel.Options{Timeout: -1}, "negative"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := claudemodel.New(test.key, test.options)
			require.ErrorIs(t, err, fault.Invalid)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "secret")
			require.NotContains(t, err.Error(), "pass")
		})
	}
}

func TestNewTakesNoOptions(t *testing.T) {
	t.Parallel()
	model, err := claudemodel.New(testKey, nil)
	require.NoError(t, err)
	model.Close()
}

func TestBaseURLMayHaveAPath(t *testing.T) {
	t.Parallel()
	p := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/gateway/claude/v1/messages" {
			http.NotFound(w, r)
			return
		}
		responds(200, message())(w, r)
	})
	for _, path := range []string{"/gateway/claude", "/gateway/claude/"} {
		_, err := newModel(t, p.URL+path, nil).Call(t.Context(), request())
		require.NoError(t, err)
	}
}
