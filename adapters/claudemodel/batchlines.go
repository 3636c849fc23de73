package claudemodel

import (
	"encoding/json"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// maxBatchID is the longest id of a batch that is believed; the provider's are far shorter, and their length may change.
	maxBatchID = 200
	// maxSearched bounds the prompts, in bytes, that a message of the provider's is searched for.
	maxSearched = 4 << 20
	// lineFrame and batchFrame are what stands around a line's id and params, and around all lines:
	// {"custom_id":"","params":}, and {"requests":[]}
	lineFrame, batchFrame = 27, 15
)

// isName reports whether a text is 1 to most letters, digits, dashes and underscores.
func isName(text string, most int) bool {
	for i := range len(text) {
		c := text[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return text != "" && len(text) <= most
}

// checkLines refuses what the provider would refuse, some of it only after hours.
func checkLines(lines []ports.BatchLine) error {
	if len(lines) < 1 || len(lines) > ports.MaxBatchLines {
		return fault.New(fault.Invalid, "claudemodel: create batch: %d lines, it must be 1 to %d", len(lines), ports.MaxBatchLines)
	}
	seen := make(map[string]bool, len(lines))
	for i, line := range lines {
		if !isName(line.ID, ports.MaxLineID) {
			return fault.New(fault.Invalid,
				"claudemodel: create batch: the id of line %d must be 1 to %d letters, digits, dashes and underscores", i, ports.MaxLineID)
		}
		if seen[line.ID] {
			return fault.New(fault.Invalid, "claudemodel: create batch: line %d has the id %s of an earlier one", i, line.ID)
		}
		seen[line.ID] = true
	}
	return nil
}

// batchParamsOf is the batch as the client takes it, as a body of at most so many bytes. The params of a line are those of a call, to the byte: they are of
// another type of the client's, which would sort the schema's properties if its fields were filled.
func batchParamsOf(lines []ports.BatchLine, most int) (anthropic.MessageBatchNewParams, error) {
	if err := checkLines(lines); err != nil {
		return anthropic.MessageBatchNewParams{}, err
	}
	requests := make([]anthropic.MessageBatchNewParamsRequest, len(lines))
	size := batchFrame - 1
	for i, line := range lines {
		text, err := lineParams(line)
		if err != nil {
			return anthropic.MessageBatchNewParams{}, err
		}
		if size += lineFrame + len(line.ID) + len(text); size > most {
			return anthropic.MessageBatchNewParams{}, fault.New(fault.Invalid,
				"claudemodel: create batch: the first %d of %d lines are more than %d bytes: send fewer", i+1, len(lines), most)
		}
		requests[i] = anthropic.MessageBatchNewParamsRequest{
			CustomID: line.ID, Params: param.Override[anthropic.MessageBatchNewParamsRequestParams](text),
		}
	}
	return anthropic.MessageBatchNewParams{Requests: requests}, nil
}

func lineParams(line ports.BatchLine) (json.RawMessage, error) {
	params, err := paramsOf(line.Request)
	if err != nil {
		return nil, fault.New(fault.KindOf(err), "claudemodel: create batch: line %s: %w", line.ID, err)
	}
	text, err := params.MarshalJSON()
	if err != nil {
		return nil, fault.New(fault.Rejected, "claudemodel: create batch: line %s cannot be written as JSON", line.ID)
	}
	return text, nil
}

// promptsOf are the texts of a batch that must not get into a message, each of a run of equal ones once; mute when they
// are too many.
func promptsOf(lines []ports.BatchLine) (prompts []string, mute bool) {
	var last string
	var size int
	for _, line := range lines {
		prompts = append(prompts, line.Request.Prompt)
		size += len(line.Request.Prompt)
		if system := line.Request.System; system != last {
			prompts, last = append(prompts, system), system
			size += len(system)
		}
		if size > maxSearched {
			return nil, true
		}
	}
	return prompts, false
}
