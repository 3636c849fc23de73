package claudemodel

import (
	"encoding/json"
	"strings"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/respjson"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// answerOf reads the body of a 200. It says false for what is not a message: no JSON, or an error in an envelope.
// Fields of a message that are missing or of another type read as empty.
func answerOf(body []byte, cache cost.Cache) (job.Answer, bool) {
	var message anthropic.Message
	if json.Unmarshal(body, &message) != nil || text(message.JSON.Type, string(message.Type)) != "message" {
		return job.Answer{}, false
	}
	answer := job.Answer{
		Text:      textOf(message.Content),
		Stop:      job.StopReason(text(message.JSON.StopReason, string(message.StopReason))),
		Detail:    detailOf(message.StopDetails),
		Model:     text(message.JSON.Model, message.Model),
		MessageID: text(message.JSON.ID, message.ID),
	}
	answer.Usage, answer.UsageOK = usageOf(message.Usage, cache)
	answer.Unbilled = answer.Stop == job.StopRefusal && nothingWritten(message)
	return answer, true
}

// nothingWritten reports whether the model certainly wrote nothing. The provider does not bill a refusal before any
// output (release notes of 2026-06-02), although it reports the input tokens; one in the middle of the output is billed.
// So both signs must be there: no content, and no output tokens.
func nothingWritten(message anthropic.Message) bool {
	output, ok := required(message.Usage.JSON.OutputTokens)
	return message.JSON.Content.Valid() && len(message.Content) == 0 && ok && output == 0
}

// textOf joins the text blocks. Others (thinking, tools, kinds yet unknown) are no part of the answer.
func textOf(blocks []anthropic.ContentBlockUnion) string {
	var joined strings.Builder
	for _, block := range blocks {
		if text(block.JSON.Type, block.Type) == "text" {
			joined.WriteString(text(block.JSON.Text, block.Text))
		}
	}
	return joined.String()
}

// detailOf is a refusal's category and explanation, as far as they are there.
func detailOf(details anthropic.RefusalStopDetails) string {
	category := text(details.JSON.Category, string(details.Category))
	explanation := text(details.JSON.Explanation, details.Explanation)
	if category == "" || explanation == "" {
		return category + explanation
	}
	return category + ": " + explanation
}

// text is the value of a field that is a string in the JSON, else empty. The client would write out a number or a
// boolean as a text.
func text(field respjson.Field, value string) string {
	if !strings.HasPrefix(field.Raw(), `"`) {
		return ""
	}
	return value
}
