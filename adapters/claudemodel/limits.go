package claudemodel

import (
	"net/http"
	"strconv"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

// limitsOf reads the rate-limit headers. A bucket is known when all three of its headers can be read.
func limitsOf(header http.Header) ports.Limits {
	return ports.Limits{
		Requests: limitOf(header, "anthropic-ratelimit-requests"),
		Input:    limitOf(header, "anthropic-ratelimit-input-tokens"),
		Output:   limitOf(header, "anthropic-ratelimit-output-tokens"),
		Tokens:   limitOf(header, "anthropic-ratelimit-tokens"),
	}
}

func limitOf(header http.Header, bucket string) ports.Limit {
	limit, errLimit := strconv.ParseInt(header.Get(bucket+"-limit"), 10, 64)
	remaining, errRemaining := strconv.ParseInt(header.Get(bucket+"-remaining"), 10, 64)
	reset, errReset := time.Parse(time.RFC3339, header.Get(bucket+"-reset"))
	if errLimit != nil || errRemaining != nil || errReset != nil || limit < 0 || remaining < 0 {
		return ports.Limit{}
	}
	return ports.Limit{Known: true, Max: limit, Remaining: remaining, Reset: reset.UTC()}
}
