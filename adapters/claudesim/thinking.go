package claudesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// thinkingSetting is what a request says about thinking.
type thinkingSetting string

const (
	thinkingDisabled     thinkingSetting = "disabled"
	thinkingEnabled      thinkingSetting = "enabled"
	thinkingAdaptive     thinkingSetting = "adaptive"
	thinkingBetweenTools thinkingSetting = "between_tools"
)

// efforts is in rising order.
var efforts = []string{"low", "medium", "high", "xhigh", "max"}

// leastBudget is the smallest thinking budget of the models that take one.
const leastBudget = 1024

func (s *Sim) readThinking(q *request, raw json.RawMessage) error {
	f, err := object(raw, "thinking", "type", "budget_tokens", "display")
	if err != nil {
		return err
	}
	kind, err := oneOf(f["type"], "thinking.type", string(thinkingDisabled), string(thinkingEnabled), string(thinkingAdaptive), string(thinkingBetweenTools))
	if err != nil {
		return err
	}
	q.thinking = thinkingSetting(kind)
	if f.has("budget_tokens") && json.Unmarshal(f["budget_tokens"], &q.budget) != nil {
		return errors.New("thinking.budget_tokens: Input should be a valid integer")
	}
	return nil
}

// checkThinking applies the model's rule, or its default when the request says nothing.
func (q *request) checkThinking(given bool) error {
	rule := q.model.thinking
	if !given {
		q.thinking = thinkingAdaptive
		if rule == thinkingOff {
			q.thinking = thinkingDisabled
		}
		return nil
	}
	high := slices.Index(efforts, q.effort) > slices.Index(efforts, "high")
	switch {
	case q.thinking == thinkingEnabled && rule != thinkingOff:
		return errors.New(`"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`) //nolint:staticcheck // the API's own form ends in a period
	case q.thinking == thinkingEnabled && q.budget < leastBudget:
		return fmt.Errorf("thinking.budget_tokens: Input should be greater than or equal to %d", leastBudget)
	case q.thinking == thinkingDisabled && rule == thinkingAlways:
		return errors.New(`"thinking.type.disabled" is not supported for this model. The lowest setting is "thinking.type.between_tools".`) //nolint:staticcheck // the API's own form ends in a period
	case q.thinking == thinkingBetweenTools && rule == thinkingOff:
		return errors.New(`"thinking.type.between_tools" is not supported for this model.`) //nolint:staticcheck // the API's own form ends in a period
	case rule != thinkingOff && high && (q.thinking == thinkingDisabled || q.thinking == thinkingBetweenTools):
		return fmt.Errorf(`"thinking.type.%s" is not supported with effort "%s". Use "high" or lower.`, q.thinking, q.effort) //nolint:staticcheck // the API's own form ends in a period
	}
	return nil
}

// thinks tells whether the answer begins with thinking.
func (q *request) thinks() bool {
	return q.thinking == thinkingEnabled || q.thinking == thinkingAdaptive
}

// thinkingTokens draws how much an answer thinks, at most its budget.
func (q *request) thinkingTokens(f fate) int64 {
	if !q.thinks() {
		return 0
	}
	const medianAtHigh, spread = 400, 0.5
	factor := []float64{0.25, 0.5, 1, 2, 4}[slices.Index(efforts, q.effort)]
	tokens := int64(medianAtHigh * factor * logNormal(f.stream(streamThinking), spread))
	if q.thinking == thinkingEnabled {
		tokens = min(tokens, q.budget)
	}
	return tokens
}
