package claudesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

const (
	geoUS     = "us"
	geoGlobal = "global"
)

var errAtLeastOne = errors.New("max_tokens: Input should be greater than or equal to 1")

func (s *Sim) readMaxTokens(q *request, raw json.RawMessage) error {
	switch err := json.Unmarshal(raw, &q.maxTokens); {
	case err != nil:
		return errors.New("max_tokens: Input should be a valid integer")
	case q.maxTokens < 0:
		return errAtLeastOne
	case q.maxTokens > q.mostTokens():
		return fmt.Errorf("max_tokens: %d > %d, which is the maximum allowed number of output tokens for %s", q.maxTokens, q.mostTokens(), q.model.id)
	}
	return nil
}

// mostTokens is the largest max_tokens of the request.
func (q *request) mostTokens() int64 {
	if q.long && q.model.output == mostOutput {
		return mostLongOutput
	}
	return q.model.output
}

// refuseInBatch refuses a parameter that batches do not have.
func refuseInBatch(name string) func(*Sim, *request, json.RawMessage) error {
	return func(*Sim, *request, json.RawMessage) error {
		return fmt.Errorf("%s: not supported in Message Batches, leave it out", name)
	}
}

func (s *Sim) readStream(q *request, raw json.RawMessage) error {
	if err := json.Unmarshal(raw, &q.stream); err != nil {
		return errors.New("stream: Input should be a valid boolean")
	}
	return nil
}

// samplingReader accepts a sampling parameter at its default only; top_k has none that can be named.
func samplingReader(name string) func(*Sim, *request, json.RawMessage) error {
	return func(_ *Sim, _ *request, raw json.RawMessage) error {
		var value float64
		if err := json.Unmarshal(raw, &value); err != nil {
			return fmt.Errorf("%s: Input should be a valid number", name)
		}
		if value != 1 || name == "top_k" {
			return fmt.Errorf("%s: non-default values are not supported for this model, leave it out", name)
		}
		return nil
	}
}

func (s *Sim) readStopSequences(q *request, raw json.RawMessage) error {
	if err := json.Unmarshal(raw, &q.stops); err != nil {
		return errors.New("stop_sequences: Input should be a valid list of strings")
	}
	for i, stop := range q.stops {
		if strings.TrimSpace(stop) == "" {
			return fmt.Errorf("stop_sequences.%d: each stop sequence must contain non-whitespace", i)
		}
	}
	return nil
}

func (s *Sim) readMetadata(_ *request, raw json.RawMessage) error {
	m, err := object(raw, "metadata", "user_id")
	if err == nil && m.has("user_id") && !isString(m["user_id"]) {
		err = errors.New("metadata.user_id: Input should be a valid string")
	}
	return err
}

func (s *Sim) readServiceTier(_ *request, raw json.RawMessage) error {
	_, err := oneOf(raw, "service_tier", "auto", "standard_only")
	return err
}

func (s *Sim) readSpeed(_ *request, raw json.RawMessage) error {
	_, err := oneOf(raw, "speed", "standard")
	return err
}

func (s *Sim) readGeo(q *request, raw json.RawMessage) (err error) {
	q.geo, err = oneOf(raw, "inference_geo", geoGlobal, geoUS)
	return err
}

func (s *Sim) readTools(q *request, raw json.RawMessage) error {
	var tools []fields
	if err := json.Unmarshal(raw, &tools); err != nil {
		return errors.New("tools: Input should be a valid list")
	}
	for i, tool := range tools {
		if text(tool["name"]) == "" {
			return fmt.Errorf("tools.%d.name: Field required", i)
		}
		if tool.has("cache_control") {
			kept, err := q.addBreakpoint(tool["cache_control"], fmt.Sprintf("tools.%d.cache_control", i))
			if err != nil {
				return err
			}
			q.toolsKept = kept
		}
	}
	if len(tools) > 0 {
		q.toolsText = raw
	}
	return nil
}

func (s *Sim) readToolChoice(q *request, raw json.RawMessage) error {
	choice, err := object(raw, "tool_choice", "type", "name", "disable_parallel_tool_use")
	if err != nil {
		return err
	}
	kind, err := oneOf(choice["type"], "tool_choice.type", "auto", "any", "tool", "none")
	q.forcedTool = kind == "any" || kind == "tool"
	switch {
	case err != nil:
		return err
	case q.toolsText == nil:
		return errors.New("tool_choice: may only be specified while providing tools")
	case q.forcedTool && q.model.noForcedTool:
		return errors.New("tool_choice: forcing a tool is not supported for this model")
	}
	return nil
}

// mayWarm tells whether the request may ask for no output at all, which is for writing to the prompt cache.
func (q *request) mayWarm() bool {
	return !q.batch && !q.stream && q.form == nil && !q.forcedTool && !q.thinks()
}

// checkWhole applies the rules that need the whole request.
func (q *request) checkWhole() error {
	switch input := q.promptTokens(); {
	case q.maxTokens == 0 && !q.mayWarm():
		return errAtLeastOne
	case q.forcedTool && q.thinks():
		return errors.New("tool_choice: thinking may not be enabled when tool_choice forces tool use")
	case q.forcedTool:
		return errors.New("tool_choice: the simulator does not call tools, use structured output")
	case input > q.model.context:
		return fmt.Errorf("prompt is too long: %d tokens > %d maximum", input, q.model.context)
	case input+q.maxTokens > q.model.context:
		return fmt.Errorf("input length and `max_tokens` exceed context limit: %d + %d > %d", input, q.maxTokens, q.model.context)
	case q.thinking == thinkingEnabled && q.budget >= q.maxTokens:
		return errors.New("`max_tokens` must be greater than `thinking.budget_tokens`")
	}
	return q.checkBreakpoints()
}
