package claudemodel

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// statusOverloaded is the provider's own status for "too much to do".
const statusOverloaded = 529

// envelope is what the provider's error body says. Other fields, and unknown types, may come.
type envelope struct {
	Type    string
	Message string
	// Code is the error code in the details, which few errors have.
	Code string
}

// envelopeOf reads the error in the body of a response; false when there is none.
func envelopeOf(x *exchange) (envelope, bool) {
	if !x.whole {
		return envelope{}, false
	}
	return envelopeIn(x.body)
}

// envelopeIn reads an error body; false when it is none.
func envelopeIn(text []byte) (envelope, bool) {
	var body struct {
		Error struct {
			Type    string          `json:"type"`
			Message string          `json:"message"`
			Details json.RawMessage `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(text, &body) != nil || body.Error.Type == "" {
		return envelope{}, false
	}
	var details struct {
		Code string `json:"error_code"`
	}
	_ = json.Unmarshal(body.Error.Details, &details) // may be missing, or of any shape
	return envelope{Type: body.Error.Type, Message: body.Error.Message, Code: details.Code}, true
}

// judge is the one place where an exchange that brought no answer gets its kind, and where it is decided whether the
// provider may have done the work all the same.
func judge(x *exchange) (kind fault.Kind, unknown bool) {
	e, enveloped := envelopeOf(x)
	switch status := x.status; {
	case status == 0:
		return fault.Unavailable, x.maybeSent()

	// Refusals: the provider, or something on the way to it, declined to begin.
	case status >= 400 && status < 500 && spendLimit(e):
		return fault.SpendCap, false
	case status == http.StatusBadRequest && !x.whole:
		return fault.Overloaded, false // what it says is lost, and it may be a limit: the next try will tell
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return fault.Unauthorized, false
	case status == http.StatusPaymentRequired:
		return fault.SpendCap, false
	case status == http.StatusTooManyRequests, status == http.StatusConflict, status == http.StatusTooEarly:
		return fault.Throttled, false
	case status == http.StatusNotFound && x.names:
		return fault.NotFound, false
	case status == statusOverloaded && enveloped:
		return fault.Overloaded, false
	case status == http.StatusMovedPermanently, status == http.StatusTemporaryRedirect,
		status == http.StatusPermanentRedirect:
		return fault.Rejected, false // these three ask for the same request elsewhere

	// Everything that may come after the work was begun: 408 and 499 end a wait, a 5xx may come from the middle of the
	// work or from a gateway that knows nothing of it, and a 2xx without a message is an answer that was lost.
	case status == http.StatusRequestTimeout, status == 499, status < 400, status >= 500:
		return fault.Unavailable, true
	}
	return fault.Rejected, false
}

// unpaid is how the messages begin that come as an ordinary 400 and stop every request all the same: their words are all
// there is to tell them by. The first two are limits that the account's owner set (Anthropic's documentation of September
// 2026), the third is a prepaid account that is empty (as seen in anthropics/claude-code#88711 of August 2026).
var unpaid = []string{
	"you have reached your specified api usage limits",
	"you have reached your specified workspace api usage limits",
	"your credit balance is too low",
}

// spendLimit recognises all limits on spending that do not have a status of their own: those above, and the tier's, which
// is a 429 with a code. Neither case nor spaces matter.
func spendLimit(e envelope) bool {
	if strings.EqualFold(strings.TrimSpace(e.Code), "enforced_spend_limit_reached") || e.Type == "billing_error" {
		return true
	}
	message := strings.ToLower(strings.Join(strings.Fields(e.Message), " "))
	return slices.ContainsFunc(unpaid, func(words string) bool { return strings.HasPrefix(message, words) })
}
