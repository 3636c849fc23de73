package claudemodel_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	html     = "<html><body>Bad gateway</body></html>"
	spendCap = `{"type":"error","error":{"type":"rate_limit_error","message":"Cap","details":{"error_code":"enforced_spend_limit_reached"}}}`
)

// limit400 is the body of a limit that the account's owner set.
func limit400(which string) string {
	return errorBody("invalid_request_error", "You have reached your specified "+which+
		" usage limits. You will regain access on 2026-04-01 at 00:00 UTC.")
}

func TestResponses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  int
		body    string
		kind    fault.Kind
		unknown bool
	}{
		"400":                           {400, errorBody("invalid_request_error", "bad"), fault.Rejected, false},
		"400 without JSON":              {400, html, fault.Rejected, false},
		"400 limit of the organization": {400, limit400("API"), fault.SpendCap, false},
		"400 limit of the workspace":    {400, limit400("workspace API"), fault.SpendCap, false},
		"400 limit in other letters":    {400, errorBody("invalid_request_error", " You have  reached\n\tyour SPECIFIED api\u00a0usage limits."), fault.SpendCap, false},
		"400 of an empty account":       {400, errorBody("invalid_request_error", "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing."), fault.SpendCap, false},
		"400 of billing":                {400, errorBody("billing_error", "pay"), fault.SpendCap, false},
		"400 with the cap's code":       {400, spendCap, fault.SpendCap, false},
		"403 with the cap's code":       {403, spendCap, fault.SpendCap, false},
		"403 limit of the workspace":    {403, limit400("workspace API"), fault.SpendCap, false},
		"500 that mentions a limit":     {500, limit400("API"), fault.Unavailable, true},
		"400 that mentions a limit":     {400, errorBody("invalid_request_error", "max_tokens: You have reached your specified API usage limits"), fault.Rejected, false},
		"401":                           {401, errorBody("authentication_error", "invalid x-api-key"), fault.Unauthorized, false},
		"401 without JSON":              {401, html, fault.Unauthorized, false},
		"402":                           {402, errorBody("billing_error", "pay"), fault.SpendCap, false},
		"402 without JSON":              {402, "", fault.SpendCap, false},
		"403":                           {403, errorBody("permission_error", "no"), fault.Unauthorized, false},
		"404":                           {404, errorBody("not_found_error", "model: claude-x"), fault.Rejected, false},
		"405":                           {405, html, fault.Rejected, false},
		"407 of a proxy":                {407, html, fault.Unauthorized, false},
		"408":                           {408, errorBody("timeout_error", "late"), fault.Unavailable, true},
		"409":                           {409, errorBody("conflict_error", "again"), fault.Throttled, false},
		"413 without JSON":              {413, html, fault.Rejected, false},
		"413":                           {413, errorBody("request_too_large", "large"), fault.Rejected, false},
		"422":                           {422, errorBody("unprocessable", "bad"), fault.Rejected, false},
		"425":                           {425, "", fault.Throttled, false},
		"429":                           {429, errorBody("rate_limit_error", "slow down"), fault.Throttled, false},
		"429 without JSON":              {429, html, fault.Throttled, false},
		"429 of the spend cap":          {429, spendCap, fault.SpendCap, false},
		"429 with the code in capitals": {429, strings.Replace(spendCap, "enforced_spend_limit_reached", " Enforced_Spend_Limit_Reached ", 1), fault.SpendCap, false},
		"429 limit of the organization": {429, limit400("API"), fault.SpendCap, false},
		"429 with other details":        {429, strings.Replace(spendCap, "enforced_spend_limit_reached", "acceleration", 1), fault.Throttled, false},
		"429 with details as a text":    {429, `{"error":{"type":"rate_limit_error","details":"enforced_spend_limit_reached"}}`, fault.Throttled, false},
		"499 of a gateway":              {499, "", fault.Unavailable, true},
		"500":                           {500, errorBody("api_error", "oops"), fault.Unavailable, true},
		"500 without JSON":              {500, html, fault.Unavailable, true},
		"501":                           {501, "", fault.Unavailable, true},
		"502 of a gateway":              {502, html, fault.Unavailable, true},
		"503":                           {503, errorBody("overloaded_error", "busy"), fault.Unavailable, true},
		"504":                           {504, errorBody("timeout_error", "late"), fault.Unavailable, true},
		"529":                           {529, errorBody("overloaded_error", "Overloaded"), fault.Overloaded, false},
		"529 without JSON":              {529, html, fault.Unavailable, true},
		"529 with other JSON":           {529, `{"status":"busy"}`, fault.Unavailable, true},
		"529 with a list":               {529, `[]`, fault.Unavailable, true},
		"599":                           {599, "", fault.Unavailable, true},
		"999":                           {999, "", fault.Unavailable, true},
		"201":                           {201, message(), fault.Unavailable, true},
		"202":                           {202, "", fault.Unavailable, true},
		"204":                           {204, "", fault.Unavailable, true},
		"300":                           {300, "", fault.Unavailable, true},
		"304":                           {304, "", fault.Unavailable, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			reply, err := call(t, responds(test.status, test.body))
			require.Equal(t, test.kind, fault.KindOf(err))
			require.Equal(t, test.unknown, fault.Unknown(err))
			require.Equal(t, ports.Reply{Answer: job.Answer{RequestID: "req_123"}}, reply)
			require.Zero(t, fault.RetryAfter(err))
			checkMessage(t, err)
			require.ErrorContains(t, err, fmt.Sprintf("claudemodel: call claude-haiku-5-5: %d", test.status))
			require.ErrorContains(t, err, "(request req_123)")
		})
	}
}

// checkMessage is what holds for the message of every error.
func checkMessage(t *testing.T, err error) {
	t.Helper()
	text := err.Error()
	require.LessOrEqual(t, len(text), 300)
	require.True(t, utf8.ValidString(text))
	require.False(t, strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }), "%q", text)
}

// TestOddEnvelopes: the status alone decides where the body cannot be made sense of.
func TestOddEnvelopes(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`null`, `5`, `"text"`, `[]`, `{}`, `{"error":null}`, `{"error":"text"}`, `{"error":{"type":5}}`,
		`{"error":{"type":"","message":"x"}}`, `{"error":{"type":"rate_limit_error","message":["x"]}}`,
		`{"error":{"type":"rate_limit_error"}} and more`, "\xff\xfe", `{"error":{"type":"rate_limit_error","details":[[[]]]}}`,
	} {
		for status, kind := range map[int]fault.Kind{400: fault.Rejected, 429: fault.Throttled, 500: fault.Unavailable} {
			_, err := call(t, responds(status, body))
			require.Equal(t, kind, fault.KindOf(err), body)
			checkMessage(t, err)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const month = 31 * 24 * time.Hour
	for name, test := range map[string]struct {
		headers []string
		want    time.Duration
	}{
		"none":                 {nil, 0},
		"seconds":              {[]string{"retry-after", "17"}, 17 * time.Second},
		"zero":                 {[]string{"retry-after", "0"}, 0},
		"a fraction":           {[]string{"retry-after", "1.5"}, 1500 * time.Millisecond},
		"milliseconds":         {[]string{"retry-after-ms", "250"}, 250 * time.Millisecond},
		"both":                 {[]string{"retry-after-ms", "250", "retry-after", "17"}, 250 * time.Millisecond},
		"bad milliseconds":     {[]string{"retry-after-ms", "soon", "retry-after", "17"}, 17 * time.Second},
		"negative":             {[]string{"retry-after", "-17"}, 0},
		"words":                {[]string{"retry-after", "soon"}, 0},
		"no number":            {[]string{"retry-after", "NaN"}, 0},
		"for ever":             {[]string{"retry-after", "Inf"}, month},
		"huge":                 {[]string{"retry-after", "1e300"}, month},
		"a year":               {[]string{"retry-after", "31536000"}, month},
		"an hour":              {[]string{"retry-after", "3600"}, time.Hour},
		"a date":               {[]string{"retry-after", "Sun, 01 Mar 2026 12:01:00 GMT", "date", "Sun, 01 Mar 2026 12:00:00 GMT"}, time.Minute},
		"a date that is past":  {[]string{"retry-after", "Sun, 01 Mar 2026 11:00:00 GMT", "date", "Sun, 01 Mar 2026 12:00:00 GMT"}, 0},
		"a date years ahead":   {[]string{"retry-after", "Sun, 01 Mar 2099 11:00:00 GMT", "date", "Sun, 01 Mar 2026 12:00:00 GMT"}, month},
		"a date without a now": {[]string{"retry-after", "Sat, 01 Jan 2000 11:00:00 GMT", "date", "today"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for status, body := range map[int]string{429: errorBody("rate_limit_error", "x"), 529: errorBody("overloaded_error", "x"), 503: html} {
				_, err := call(t, responds(status, body, test.headers...))
				require.Equal(t, test.want, fault.RetryAfter(err), status)
			}
		})
	}
}

func TestMessagesAreShortAndPlain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very long \u00fc ", 500)
	for name, handler := range map[string]struct {
		status int
		body   string
		id     string
	}{
		"a long message":     {400, errorBody("invalid_request_error", long), "req_123"},
		"a long type":        {400, errorBody(long, "bad"), "req_123"},
		"a long id":          {400, errorBody("invalid_request_error", "bad"), strings.Repeat("r", 9000)},
		"control characters": {400, errorBody("invalid\x1b[2J\n_request", "one\r\ntwo\x00\x7f\tthree"), "req_1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := call(t, responds(handler.status, handler.body, "request-id", handler.id))
			require.ErrorIs(t, err, fault.Rejected)
			checkMessage(t, err)
			require.ErrorContains(t, err, "claudemodel: call claude-haiku-5-5: 400")
			require.ErrorContains(t, err, "(request r")
		})
	}
}

func TestTheProvidersWordsAreKept(t *testing.T) {
	t.Parallel()
	_, err := call(t, responds(400, errorBody("invalid_request_error", "max_tokens: 300000 > 128000, the maximum")))
	require.EqualError(t, err, "claudemodel: call claude-haiku-5-5: 400 invalid_request_error (request req_123) - "+
		"max_tokens: 300000 > 128000, the maximum")
}

// TestEchoesAreTakenOut has a provider that quotes the key and the prompt wherever it can.
func TestEchoesAreTakenOut(t *testing.T) {
	t.Parallel()
	r := request()
	for name, echo := range map[string]string{
		"the key":               "invalid key " + testKey + " given",
		"part of the key":       "invalid key " + testKey[:12] + "... given",
		"the end of the key":    "invalid key ..." + testKey[len(testKey)-8:] + " given",
		"the prompt":            "cannot use " + r.Prompt + " here",
		"the system":            "cannot use " + r.System + " here",
		"the middle of it":      "cannot use " + r.System[5:25] + " here",
		"the prompt's half":     "cannot use " + r.Prompt[:13],
		"both":                  r.Prompt + testKey,
		"far into a long text":  strings.Repeat("- ", 180) + r.Prompt + testKey + r.System,
		"again and again":       strings.Repeat(testKey, 50),
		"with a letter between": "x" + strings.Join([]string{testKey, r.Prompt, r.System}, "y") + "z",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, body := range []string{errorBody("invalid_request_error", echo), errorBody(echo, "bad")} {
				for _, status := range []int{200, 400, 401, 500} {
					_, err := call(t, responds(status, body, "request-id", echo))
					require.Error(t, err)
					checkMessage(t, err)
					clean(t, err.Error())
				}
			}
		})
	}
}

// clean checks that nothing worth having of the key or the prompts is in a text.
func clean(t *testing.T, text string) {
	t.Helper()
	shares := func(secret string, n int) {
		for i := 0; i+n <= len(secret); i++ {
			require.NotContains(t, text, secret[i:i+n])
		}
	}
	shares(testKey, 6)
	shares(request().Prompt, 12)
	shares(request().System, 12)
}

// TestShortSecrets: a prompt of a few letters is no reason to take letters out of every message.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	p := serve(t, responds(400, errorBody("invalid_request_error", "a number of things: abcd")))
	model := newModel(t, p.URL, nil)
	for prompt, want := range map[string]string{"": "things: abcd", "a": "things: abcd", "abc": "things: abcd", "abcd": "things: [...]"} {
		_, err := model.Call(t.Context(), job.Request{Model: "m", Prompt: prompt, MaxTokens: 1})
		require.ErrorContains(t, err, "a number of "+want)
	}
}

// TestCausesHoldNothing looks behind the message: whoever prints the whole chain must not find more.
func TestCausesHoldNothing(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 400, 401, 429, 500, 529} {
		_, err := call(t, responds(status, message(with("content", []any{object{"type": "text", "text": "the secret answer"}}), with("type", "x"))))
		var e *fault.Error
		require.ErrorAs(t, err, &e)
		require.NoError(t, e.Err)
		encoded, jsonErr := json.Marshal(e)
		require.NoError(t, jsonErr)
		for _, text := range []string{fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), fmt.Sprintf("%#v", e), string(encoded)} {
			clean(t, text)
			require.NotContains(t, text, "secret answer")
		}
	}
}
