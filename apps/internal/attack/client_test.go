package attack

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// answer is what came back.
type answer struct {
	*http.Response
	body []byte
}

// get is the member of the body at the path, such as "business.id"; nil when there is none.
func (a answer) get(path string) any {
	var v any
	if json.Unmarshal(a.body, &v) != nil {
		return nil
	}
	for _, name := range strings.Split(path, ".") {
		members, _ := v.(map[string]any)
		v = members[name]
	}
	return v
}

// send makes a request with the token and looks at nothing. A body that is text is sent as it is, anything else as JSON;
// headers are name and value in turn.
func (w *world) send(token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	var in io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		in = strings.NewReader(b)
	case []byte:
		in = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		require.NoError(w.t, err)
		in = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.server.URL+path, in)
	require.NoError(w.t, err, path)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := w.client.Do(r)
	require.NoError(w.t, err, path)
	defer response.Body.Close()
	return answer{response, readAll(response.Body)}
}

// attack makes a request that should come to nothing: no answer to it is a 5xx, or has anything in it that it should not.
func (w *world) attack(token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.send(token, method, path, body, headers...)
	w.harmless(a)
	return a
}

// refused is attack with the status that it should have.
func (w *world) refused(status int, token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.attack(token, method, path, body, headers...)
	require.Equal(w.t, status, a.StatusCode, "%s %s: %s", method, short(path), a.body)
	return a
}

// deniedWith is refused with exactly one line of the trail.
func (w *world) deniedWith(status int, token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	return w.denied(func() answer { return w.refused(status, token, method, path, body, headers...) })
}

// must makes a request that has to go well.
func (w *world) must(status int, token, method, path string, body any, headers ...string) answer {
	w.t.Helper()
	a := w.send(token, method, path, body, headers...)
	require.Equal(w.t, status, a.StatusCode, "%s %s: %s %v", method, short(path), a.body, w.faults())
	return a
}

func short(s string) string { return s[:min(len(s), 120)] }
