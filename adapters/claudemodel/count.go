package claudemodel

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// maxCounted is the most input tokens that are believed of one request: the largest context is 1,000,000.
const maxCounted = 2_000_000

// CountTokens asks how many input tokens the provider would count for a request. It is free, has a limit of requests of
// its own, and is off by a little (Anthropic's documentation of August 2026). Errors are those of Call; nothing is ever
// billed.
func (m *Model) CountTokens(ctx context.Context, request job.Request) (int64, error) {
	whole, err := paramsOf(request)
	if err != nil {
		return 0, err
	}
	text, err := countParams(whole)
	if err != nil {
		return 0, err
	}
	x := &exchange{doing: "count " + request.Model, wants: "count", prompts: []string{request.Prompt, request.System}}
	m.exchange(ctx, x, func(key option.RequestOption) error {
		_, err := m.client.Messages.CountTokens(x.within(ctx), param.Override[anthropic.MessageCountTokensParams](text), key, unread())
		return err
	})
	var sent struct {
		Tokens int64 `json:"input_tokens"`
	}
	if x.status != http.StatusOK || !x.whole {
		return 0, m.failure(x)
	}
	if json.Unmarshal(x.body, &sent) != nil || sent.Tokens < 1 || sent.Tokens > maxCounted {
		return 0, m.failure(x)
	}
	return sent.Tokens, nil
}

// countParams are those of a call without what has nothing to do with its prompt.
func countParams(whole anthropic.MessageNewParams) (json.RawMessage, error) {
	text, err := json.Marshal(whole)
	var fields map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err != nil {
		return nil, fault.New(fault.Rejected, "claudemodel: count: %w", err)
	}
	delete(fields, "max_tokens")
	text, err = json.Marshal(fields)
	if err != nil {
		return nil, fault.New(fault.Rejected, "claudemodel: count: %w", err)
	}
	return text, nil
}
