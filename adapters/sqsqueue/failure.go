package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxMessage is the longest message of an error in bytes.
const maxMessage = 400

// failure is the one place where the client's errors get their kind. Its message names the service's code. The service's
// own words can quote what was sent, so they are shown for a lacking permission alone, where they say which one it is.
func failure(doing string, err error) *fault.Error {
	code, words, status := told(err)
	kind, unknown := judge(err, code, status)
	text := "sqsqueue: " + doing + ": " + describe(err, code, status)
	if kind == fault.Unauthorized && words != "" {
		text += ": " + words
	}
	e := fault.New(kind, "%s", fault.OneLine(errors.New(text), maxMessage))
	e.Unknown = unknown
	return e
}

// told is what the service said: its code, its words and the status; empty and 0 when there was no answer.
func told(err error) (code, words string, status int) {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response != nil {
		status = response.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, words = bare(api.ErrorCode()), api.ErrorMessage()
	}
	return code, words, status
}

// bare is a code without what protocols put in front of it: "com.amazonaws.sqs#" or "AWS.SimpleQueueService.".
func bare(code string) string {
	code = code[strings.LastIndexByte(code, '#')+1:]
	return strings.TrimPrefix(code, "AWS.SimpleQueueService.")
}

// judge gives the kind, and whether the request may have been carried out all the same.
func judge(err error, code string, status int) (kind fault.Kind, unknown bool) {
	if status == 0 {
		return judgeSilence(err)
	}
	switch code {
	case "RequestThrottled", "OverLimit", "ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded",
		"TooManyRequestsException", "KmsThrottled", "KMS.ThrottlingException":
		return fault.Throttled, false
	case "QueueDoesNotExist", "NonExistentQueue", "QueueDeletedRecently", "ResourceNotFoundException":
		return fault.NotFound, false
	case "AccessDenied", "AccessDeniedException", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken",
		"ExpiredTokenException", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "InvalidSecurity", "NotAuthorized", "OptInRequired",
		"KmsAccessDenied", "KMS.AccessDeniedException", "KmsOptInRequired", "KMS.OptInRequired":
		return fault.Unauthorized, false
	case "RequestTimeTooSkewed", "RequestExpired":
		return fault.Unavailable, false // the client has set its clock by the answer: the next try has the right time
	}
	switch {
	case status == http.StatusTooManyRequests:
		return fault.Throttled, false
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fault.Unauthorized, false
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return fault.Invalid, false
	}
	return fault.Unavailable, true // a 5xx, or an answer that cannot be read: it may be done
}

// judgeSilence judges a request that got no answer. What failed before there was a connection has surely not been sent.
func judgeSilence(err error) (kind fault.Kind, unknown bool) {
	if dial, ok := errors.AsType[*net.OpError](err); ok && dial.Op == "dial" {
		return fault.Unavailable, false
	}
	return fault.Unavailable, true
}

func describe(err error, code string, status int) string {
	switch {
	case code != "":
		return fmt.Sprintf("%s (status %d)", code, status)
	case status != 0:
		return fmt.Sprintf("status %d with an answer that cannot be read", status)
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	}
	if _, unknown := judgeSilence(err); !unknown {
		return "no connection"
	}
	return "the connection broke before the answer was there"
}
