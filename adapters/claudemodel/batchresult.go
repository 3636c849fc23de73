package claudemodel

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// maxDetail is the longest detail of a line in bytes.
const maxDetail = 200

// resultOf reads one line of a batch's results; false for one that cannot be made sense of. How long its prefix was asked
// to be kept is not known here: cache writes that the provider does not split count as written for five minutes.
func (m *Model) resultOf(line []byte) (ports.BatchResult, bool) {
	var sent struct {
		ID     string `json:"custom_id"`
		Result struct {
			Type    ports.BatchOutcome `json:"type"`
			Message json.RawMessage    `json:"message"`
			Error   json.RawMessage    `json:"error"`
		} `json:"result"`
	}
	if json.Unmarshal(line, &sent) != nil || sent.ID == "" {
		return ports.BatchResult{}, false
	}
	result := ports.BatchResult{ID: sent.ID, Outcome: sent.Result.Type}
	switch result.Outcome {
	case ports.LineSucceeded:
		var ok bool
		result.Answer, ok = answerOf(sent.Result.Message, cost.NoCache)
		return result, ok
	case ports.LineErrored:
		result.Kind, result.Detail = m.lineError(sent.Result.Error)
	case ports.LineCanceled, ports.LineExpired:
		result.Kind, result.Detail = fault.Unavailable, string(result.Outcome)
	default:
		return ports.BatchResult{}, false
	}
	return result, true
}

// never are the errors of a line that come again whenever the same request does, as those of a call do.
var never = []string{"invalid_request_error", "not_found_error", "request_too_large"}

// lineError judges the error of a line. A limit on spending comes as an invalid request too, and is none.
func (m *Model) lineError(body []byte) (fault.Kind, string) {
	e, ok := envelopeIn(body)
	if !ok {
		return fault.Unavailable, "an error that cannot be read"
	}
	detail := m.screen(short(e.Type, 60), nil)
	if e.Message != "" {
		detail += ": " + m.screen(e.Message, nil)
	}
	detail = fault.OneLine(errors.New(detail), maxDetail)
	switch {
	case spendLimit(e):
		return fault.SpendCap, detail
	case e.Type == "authentication_error", e.Type == "permission_error":
		return fault.Unauthorized, detail
	case slices.Contains(never, e.Type):
		return fault.Rejected, detail
	}
	return fault.Unavailable, detail
}
