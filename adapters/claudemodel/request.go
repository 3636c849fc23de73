package claudemodel

import (
	"bytes"
	"encoding/json"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/param"

	"github.com/marketbrewer/marketbrewer/core/cost"
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
	cache, err := cacheOf(request.Cache)
	if err != nil {
		return anthropic.MessageNewParams{}, err
	}
	if request.System != "" {
		params.System = []anthropic.TextBlockParam{{Text: request.System, CacheControl: cache}}
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

// cacheOf marks the end of the prefix that requests have in common, to be kept from there back. Another schema is another
// prefix; one that is shorter than the model's least (512 to 4,096 tokens) is not kept, and not billed as kept
// (Anthropic's documentation of August to October 2026).
func cacheOf(cache cost.Cache) (anthropic.CacheControlEphemeralParam, error) {
	switch cache {
	case cost.NoCache:
		return anthropic.CacheControlEphemeralParam{}, nil
	case cost.Cache5m, cost.Cache1h:
		return anthropic.CacheControlEphemeralParam{TTL: anthropic.CacheControlEphemeralTTL(cache)}, nil
	}
	return anthropic.CacheControlEphemeralParam{}, fault.New(fault.Rejected,
		"claudemodel: the request asks for a cache of %q, the provider has 5m and 1h", string(cache))
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
