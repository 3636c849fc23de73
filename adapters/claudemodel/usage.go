package claudemodel

import (
	"strconv"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/packages/respjson"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// usageOf reads what the provider counted. It says false unless input and output are both there and all that is there
// makes sense together; then the counts are zero, so that nobody bills half of them.
func usageOf(sent anthropic.Usage, cache cost.Cache) (cost.Usage, bool) {
	var usage cost.Usage
	var ok [4]bool
	usage.Input, ok[0] = required(sent.JSON.InputTokens)
	usage.Output, ok[1] = required(sent.JSON.OutputTokens)
	usage.CacheRead, ok[2] = optional(sent.JSON.CacheReadInputTokens)
	usage.CacheWrite5m, usage.CacheWrite1h, ok[3] = cacheWrites(sent, cache)
	if ok != [4]bool{true, true, true, true} || usage.Check() != nil {
		return cost.Usage{}, false
	}
	return usage, true
}

// cacheWrites are the tokens written to the cache for five minutes and for an hour. Without a split all were written for
// as long as the request asked, or else for five minutes, which is the default of the API. A split that does not add up
// makes no sense.
func cacheWrites(sent anthropic.Usage, asked cost.Cache) (short, long int64, ok bool) {
	total, ok := optional(sent.JSON.CacheCreationInputTokens)
	if !ok || sent.JSON.CacheCreation.Raw() == "" || sent.JSON.CacheCreation.Raw() == "null" {
		if asked == cost.Cache1h {
			return 0, total, ok
		}
		return total, 0, ok
	}
	short, okShort := optional(sent.CacheCreation.JSON.Ephemeral5mInputTokens)
	long, okLong := optional(sent.CacheCreation.JSON.Ephemeral1hInputTokens)
	if !sent.JSON.CacheCreation.Valid() || !okShort || !okLong || short > total || long != total-short {
		return 0, 0, false
	}
	return short, long, true
}

// required reads a count that must be there. The field's own text is read, because the client takes "12", 12.9 and true
// for numbers.
func required(field respjson.Field) (int64, bool) {
	if !field.Valid() {
		return 0, false
	}
	n, err := strconv.ParseInt(field.Raw(), 10, 64)
	return n, err == nil && n >= 0
}

// optional reads a count that is 0 when it is missing or null.
func optional(field respjson.Field) (int64, bool) {
	if field.Raw() == "" || field.Raw() == "null" {
		return 0, true
	}
	return required(field)
}
