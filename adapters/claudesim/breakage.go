package claudesim

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/schema"
)

// breakText applies the faults that change what the model wrote.
func (d *draft) breakText(q *request, f fate) {
	rng := f.stream(streamBreak)
	switch f.fault {
	case FaultTruncate:
		const least, most = 0.3, 0.8
		d.text = firstRunes(d.text, int(between(rng, least, most)*float64(utf8.RuneCountInString(d.text))))
		d.stop = stopMaxTokens
	case FaultMalformed:
		d.text = malformed(d.text, rng)
	case FaultSchema:
		d.text = otherSchema(d.text, q.form, rng)
	case FaultRefusal, FaultEmpty:
		d.text, d.thinking = "", 0
	case FaultRefusalLate:
		d.text = firstRunes(d.text, utf8.RuneCountInString(d.text)/2)
		d.stop = stopRefusal
	case FaultThinkingOnly:
		d.text, d.thinking = "", q.maxTokens+1
	}
}

// malformed breaks JSON in one of the ways models break it.
func malformed(text string, rng *rand.Rand) string {
	text = strings.TrimSpace(text)
	last := firstRunes(text, utf8.RuneCountInString(text)-1)
	ways := []string{
		last,
		firstRunes(text, utf8.RuneCountInString(text)*2/3),
		strings.Replace(text, `",`, `" `, 1),
		strings.Replace(text, `:"`, `:`, 1),
		text + "}",
	}
	if broken := ways[rng.IntN(len(ways))]; !json.Valid([]byte(broken)) {
		return broken
	}
	return text + "}"
}

// otherSchema is valid JSON that breaks the schema: a property missing, renamed, of another type, or too
// many. Without a schema it is JSON where text was expected.
func otherSchema(text string, form *schema.Form, rng *rand.Rand) string {
	const stranger = `{"unexpected":true}`
	if form == nil {
		return stranger
	}
	for _, way := range rng.Perm(4) {
		var document map[string]any
		if json.Unmarshal([]byte(text), &document) != nil || len(document) == 0 {
			break
		}
		name := drawName(document, rng)
		switch way {
		case 0:
			delete(document, name)
		case 1:
			document[name+"_text"] = document[name]
			delete(document, name)
		case 2:
			document[name] = otherType(document[name])
		case 3:
			document["notes"] = "An extra remark."
		}
		if broken := encode(document); !form.Valid(broken) {
			return string(broken)
		}
	}
	for _, broken := range []string{stranger, `[]`, `42`, `null`} {
		if !form.Valid([]byte(broken)) {
			return broken
		}
	}
	return stranger
}

// drawName draws a member's name independently of the order of the map.
func drawName(document map[string]any, rng *rand.Rand) string {
	names := slices.Sorted(maps.Keys(document))
	return names[rng.IntN(len(names))]
}

func otherType(value any) any {
	if _, isText := value.(string); isText {
		return 42
	}
	return "text"
}

// breakMeta applies the faults that change why the answer ended.
func (a *answer) breakMeta(f fate) {
	rng := f.stream(streamBreak)
	switch f.fault {
	case FaultRefusal:
		a.output, a.free = 0, true
		a.refuse(rng)
	case FaultRefusalLate:
		a.refuse(rng)
	case FaultEmpty:
		a.message.StopReason, a.output = stopEndTurn, 2+rng.Int64N(2)
		if rng.IntN(2) == 0 {
			a.message.Content = []any{textBlock{Type: "text"}}
		}
	case FaultStopReason:
		reasons := []optional{"output_paused", "policy_hold", "quota_pause"}
		a.message.StopReason = reasons[rng.IntN(len(reasons))]
	case FaultOtherModel:
		a.message.Model = otherModel(a.request.model, rng)
	}
}

// otherModel is the id of a model that was not asked for.
func otherModel(asked *model, rng *rand.Rand) string {
	for {
		if other := &models[rng.IntN(len(models))]; other != asked {
			return other.id
		}
	}
}

// refuse says why the model declined.
func (a *answer) refuse(rng *rand.Rand) {
	a.message.StopReason, a.message.StopSequence = stopRefusal, nil
	details := &stopDetails{Type: "refusal"}
	categories := []string{"cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"}
	if i := rng.IntN(len(categories) + 1); i < len(categories) {
		explanation := "The request was declined under the usage policy."
		details.Category, details.Explanation = &categories[i], &explanation
	}
	a.message.StopDetails = details
}

// breakUsage reports a usage that is not true. Only the last way changes the bill: there the service itself
// counted more than anybody could expect.
func (a *answer) breakUsage(u usage, rng *rand.Rand) {
	const absurd, excess = 1_000_000_000_000, 3
	switch rng.IntN(5) {
	case 0:
		a.message.Usage = nil
	case 1:
		a.message.Usage = map[string]any{
			"input_tokens": nil, "output_tokens": nil, "cache_creation_input_tokens": nil,
			"cache_read_input_tokens": nil, "service_tier": nil,
		}
	case 2:
		u.InputTokens, u.OutputTokens = -u.InputTokens, -u.OutputTokens
		a.message.Usage = u
	case 3:
		u.InputTokens, u.OutputTokens = absurd, absurd
		a.message.Usage = u
	default:
		a.input *= excess
		u.InputTokens = a.input
		a.message.Usage = u
	}
}
