package claudemodel

import (
	"net/http"
	"strconv"
	"time"
)

// maxRetryAfter bounds what a response can ask for: no limit of the provider lasts longer than a month.
const maxRetryAfter = 31 * 24 * time.Hour

// retryAfter is how long the response asks to wait, 0 when it does not say. retry-after-ms is milliseconds,
// retry-after seconds (a fraction is allowed) or a date, which is measured against the response's own date, so that
// this machine's clock plays no part.
func retryAfter(header http.Header) time.Duration {
	if wait, ok := multiple(header.Get("retry-after-ms"), time.Millisecond); ok {
		return wait
	}
	value := header.Get("retry-after")
	if wait, ok := multiple(value, time.Second); ok {
		return wait
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(header.Get("date"))
	if err != nil {
		now = time.Now()
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}

// multiple reads a number of units, whole or not.
func multiple(value string, unit time.Duration) (time.Duration, bool) {
	number, err := strconv.ParseFloat(value, 64)
	if err != nil || !(number >= 0) { // NaN is not
		return 0, false
	}
	if number >= float64(maxRetryAfter)/float64(unit) {
		return maxRetryAfter, true
	}
	return time.Duration(number * float64(unit)), true
}
