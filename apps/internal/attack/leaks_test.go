package attack

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/ports"
)

// The canaries: secrets, personal data and a prompt that no hostile answer and no log may have.
const (
	providerKey   = "sk-ant-api03-C4n4ryK3yZq8w7x6v5u4"
	canaryEmail   = "wombat.owner@hidden-burrow.example"
	canaryPhone   = "(401) 555-0177"
	canaryTagline = "Quokka lanterns simmer behind velvet thresholds"
	canaryPrompt  = "Bandicoot verses gallop across marmalade balconies"
	canaryBody    = "axolotl-kept-to-itself"
)

// canaries are what is looked for, in parts that survive being cut.
func canaries() []string {
	return []string{providerKey, "C4n4ryK3y", canaryEmail, "wombat.owner", canaryPhone, "555-0177", canaryTagline, "velvet thresholds", canaryPrompt, "marmalade balconies", canaryBody}
}

// hide adds a secret that this world has made.
func (w *world) hide(secret string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if secret != "" {
		w.secrets = append(w.secrets, secret)
	}
	return secret
}

func (w *world) hidden() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.secrets...)
}

// harmless demands of the answer to an attack that it is no failure of ours and gives nothing away.
func (w *world) harmless(a answer) {
	w.t.Helper()
	require.Less(w.t, a.StatusCode, 500, "%s (%v)", a.body, w.faults())
	text := string(a.body)
	for name, values := range a.Header {
		text += "\n" + name + ": " + strings.Join(values, ", ")
	}
	w.without("an answer", text)
}

// silent demands the same of all logs, once the case is over.
func (w *world) silent() {
	w.t.Helper()
	require.NotEmpty(w.t, w.json.String(), "nothing was logged")
	for name, text := range map[string]string{"the JSON log": w.json.String(), "the text log": w.text.String(), "the server's log": w.net.String()} {
		w.without(name, text)
	}
}

// without demands that no secret is in the text, in its own letters or as JSON escapes them.
func (w *world) without(where, text string) {
	w.t.Helper()
	for _, secret := range w.hidden() {
		if strings.Contains(text, secret) {
			w.t.Errorf("%s has a secret in it that begins with %q", where, secret[:min(len(secret), 8)])
		}
	}
}

// faults are what the API has told of itself.
func (w *world) faults() (list []string) {
	for _, e := range w.seen(ports.EventFault) {
		list = append(list, e.Detail)
	}
	return list
}

// every is all that was told so far.
func (w *world) every() []ports.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]ports.Event(nil), w.events...)
}
