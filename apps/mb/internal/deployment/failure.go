package deployment

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// failure is the one place where an error of the clients gets its kind, and says what to do. What is what was read, such as
// "table marketbrewer-dev"; absent is what to do when it is not there.
func (c *Clients) failure(ctx context.Context, what, absent string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	code, words, status := told(err)
	switch judge(code, status) {
	case fault.NotFound:
		return fault.New(fault.NotFound, "there is no %s in %s: %s", what, c.Region, absent)
	case fault.Unauthorized:
		if expired(code) {
			return fault.New(fault.Unauthorized, "AWS does not take the credentials (%s): sign in again (aws sso login), or name another --profile", code)
		}
		return fault.New(fault.Unauthorized, "%s may not be read: name a --profile that may, or have the right granted: %s", what, fault.OneLine(errors.New(words), 300))
	case fault.Throttled:
		return fault.New(fault.Throttled, "AWS refuses to answer about %s for now (%s): try again in a minute", what, code)
	case fault.Rejected:
		return fault.New(fault.Rejected, "%s cannot be read: %s: %s", what, code, fault.OneLine(errors.New(words), 300))
	}
	if status >= http.StatusInternalServerError {
		return fault.New(fault.Unavailable, "AWS answered %d when it was asked about %s: try again in a minute: %s", status, what, silence(err))
	}
	return fault.New(fault.Unavailable, "%s cannot be reached: check the network, --region (%s) and --endpoint, then try again: %s", what, c.Region, silence(err))
}

// told is what the service said: its code, its words and the status; empty and 0 when there was no answer.
func told(err error) (code, words string, status int) {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response != nil {
		status = response.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, words = api.ErrorCode(), api.ErrorMessage()
		code = strings.TrimPrefix(code[strings.LastIndexByte(code, '#')+1:], "AWS.SimpleQueueService.")
	}
	return code, words, status
}

// judge gives the kind of an answer by its code; no answer is Unavailable.
func judge(code string, status int) fault.Kind {
	switch code {
	case "ResourceNotFoundException", "QueueDoesNotExist", "NonExistentQueue", "TableNotFoundException", "ParameterNotFound":
		return fault.NotFound
	case "AccessDenied", "AccessDeniedException", "NotAuthorized", "OptInRequired", "UnauthorizedOperation":
		return fault.Unauthorized
	case "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestThrottled", "RequestLimitExceeded",
		"ProvisionedThroughputExceededException", "LimitExceededException":
		return fault.Throttled
	}
	switch {
	case expired(code), status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fault.Unauthorized
	case status == http.StatusTooManyRequests:
		return fault.Throttled
	case status >= 400 && status < 500:
		return fault.Rejected
	}
	return fault.Unavailable
}

// expired reports whether it is the credentials themselves that are refused.
func expired(code string) bool {
	switch code {
	case "ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException",
		"SignatureDoesNotMatch", "IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken",
		"MissingAuthenticationTokenException":
		return true
	}
	return false
}

// silence is why there was no answer, without the client's own words around it.
func silence(err error) string {
	if waited, ok := errors.AsType[net.Error](err); ok && waited.Timeout() {
		return "no answer" + from(err)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return line(op)
	}
	if code, words, _ := told(err); code != "" {
		return code + ": " + fault.OneLine(errors.New(words), 300)
	}
	return line(err)
}

// from is who was asked.
func from(err error) string {
	asked, ok := errors.AsType[*url.Error](err)
	if !ok {
		return ""
	}
	u, err := url.Parse(asked.URL)
	if err != nil {
		return ""
	}
	return " from " + u.Host
}
