package claudemodel

import (
	"bytes"
	"encoding/json"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// paramsOf is the request as the client takes it. It sends nothing that is not asked for: no sampling parameters, which
// newer models refuse, no tools and no prefilled answer. Errors: Rejected for what the provider would reject, or would
// take for something else (max_tokens 0 warms a cache).
func paramsOf(request job.Request) (anthropic.MessageNewParams, error) {
	if request.Model == "" {
		return anthropic.MessageNewParams{}, fault.New(fault.Rejected, "claudemodel: the request names no model")
	}
	if request.MaxTokens < 1 {
		return anthropic.MessageNewParams{}, fault.New(fault.Rejected,
			"claudemodel: the request allows %d tokens, it must allow at least 1", request.MaxTokens)
	}
	params := anthropic.MessageNewParams{
		Model:     request.Model,
		MaxTokens: int64(request.MaxTokens),
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock(request.Prompt))},
		Thinking:  thinkingOf(request.Model),
	}
	if request.System != "" {
		params.System = []anthropic.TextBlockParam{{Text: request.System}}
	}
	if request.Schema != nil {
		format, err := formatOf(request.Schema)
		if err != nil {
			return anthropic.MessageNewParams{}, err
		}
		params.OutputConfig.Format = format
	}
	return params, nil
}

// formatOf wraps the schema as it stands. Decoding it into a map would sort its properties, and the model answers in
// their order.
func formatOf(schema []byte) (anthropic.JSONOutputFormatParam, error) {
	if trimmed := bytes.TrimSpace(schema); !json.Valid(schema) || trimmed[0] != '{' {
		return anthropic.JSONOutputFormatParam{}, fault.New(fault.Rejected, "claudemodel: the schema is not a JSON object")
	}
	raw := append([]byte(`{"type":"json_schema","schema":`), schema...)
	return param.Override[anthropic.JSONOutputFormatParam](json.RawMessage(append(raw, '}'))), nil
}
