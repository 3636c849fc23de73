package webhooks

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxRetryAfter bounds what a receiver can ask for: the longest wait between two attempts.
const maxRetryAfter = 24 * time.Hour

// failed maps the error of a request that has had no answer. The error's own text stays here: it names addresses.
func failed(ctx context.Context, id string, err error) (Result, error) {
	var noName *net.DNSError
	var operation *net.OpError
	var timed net.Error
	switch {
	case errors.As(err, new(blocked)):
		return Result{Failure: backoffice.FailureAddress},
			fault.New(fault.Rejected, "webhooks: delivery %s: the host's address is not a public one", id)
	case ctx.Err() != nil, errors.As(err, &timed) && timed.Timeout():
		return Result{Failure: backoffice.FailureTimeout},
			fault.New(fault.Unavailable, "webhooks: delivery %s: no answer came in time", id).MaybeDone()
	case errors.As(err, &noName):
		return Result{Failure: backoffice.FailureName}, fault.New(fault.Unavailable, "webhooks: delivery %s: the host's name leads nowhere", id)
	case isTLS(err):
		return Result{Failure: backoffice.FailureTLS},
			fault.New(fault.Unavailable, "webhooks: delivery %s: no encrypted connection to the host could be made", id)
	case errors.As(err, &operation) && operation.Op == "dial":
		return Result{Failure: backoffice.FailureConnection}, fault.New(fault.Unavailable, "webhooks: delivery %s: the host cannot be reached", id)
	}
	return Result{Failure: backoffice.FailureConnection},
		fault.New(fault.Unavailable, "webhooks: delivery %s: the connection broke before the answer", id).MaybeDone()
}

func isTLS(err error) bool {
	var wrongParty *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &wrongParty) || errors.As(err, &noTLS) || errors.As(err, &alert)
}

// judged maps the status of an answer.
func judged(result Result, id string) (Result, error) {
	status := result.Status
	if status >= 200 && status <= 299 {
		return result, nil
	}
	result.Failure = backoffice.FailureStatus
	kind := fault.Rejected
	switch {
	case status == http.StatusTooManyRequests:
		kind = fault.Throttled
	case status >= 500:
		kind = fault.Unavailable
	}
	return result, fault.New(kind, "webhooks: delivery %s: the receiver answered %d", id, status).After(result.RetryAfter)
}

// retryAfter is how long the answer asks to wait: whole seconds, or a date, which is measured against the answer's own date
// where it has one, so that neither clock need be right.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if value != "" && strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if sent, err := http.ParseTime(header.Get("Date")); err == nil {
		now = sent
	}
	return min(max(until.Sub(now), 0), maxRetryAfter)
}
