package claudemodel

import (
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
)

// leastThinking is the least thinking that a family of models can be set to. The 5.5 models think unless they are told
// not to, and thinking counts as output. Models that are not listed get no setting: older ones do not think by
// themselves, and some refuse the parameter.
var leastThinking = []struct {
	family string
	config anthropic.ThinkingConfigParamUnion
}{
	{"claude-haiku-5-5", anthropic.ThinkingConfigParamUnion{OfDisabled: &anthropic.ThinkingConfigDisabledParam{}}},
	{"claude-sonnet-5-5", anthropic.ThinkingConfigParamUnion{OfBetweenTools: &anthropic.ThinkingConfigBetweenToolsParam{}}},
}

// thinkingOf is the setting for a model: the family's own id, or one with a suffix such as a date.
func thinkingOf(model string) anthropic.ThinkingConfigParamUnion {
	for _, rule := range leastThinking {
		if rest, ok := strings.CutPrefix(model, rule.family); ok && (rest == "" || rest[0] == '-') {
			return rule.config
		}
	}
	return anthropic.ThinkingConfigParamUnion{}
}
