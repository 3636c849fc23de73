package ssmsecrets

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxMessage is the longest message of an error in bytes.
const maxMessage = 600

// failure is the one place where the client's errors get their kind. Reading has no effect, so no outcome is unknown. The
// service's own words are shown for a lacking permission alone, where they say which one it is.
func failure(names []string, err error) *fault.Error {
	code, words, status := told(err)
	kind := judge(code, status)
	text := "ssmsecrets: read " + strings.Join(names, ", ") + ": " + describe(err, code, status)
	if kind == fault.Unauthorized && words != "" {
		text += ": " + words
	}
	return fault.New(kind, "%s", fault.OneLine(errors.New(text), maxMessage))
}

// told is what the service said: its code, its words and the status; empty and 0 when there was no answer.
func told(err error) (code, words string, status int) {
	if response, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && response.Response != nil {
		status = response.HTTPStatusCode()
	}
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		code, words = api.ErrorCode(), api.ErrorMessage()
		code = code[strings.LastIndexByte(code, '#')+1:]
	}
	return code, words, status
}

func judge(code string, status int) fault.Kind {
	switch code {
	case "ThrottlingException", "Throttling", "ThrottledException", "RequestLimitExceeded", "TooManyRequestsException":
		return fault.Throttled
	case "ParameterNotFound", "ParameterVersionNotFound":
		return fault.NotFound
	case "AccessDeniedException", "AccessDenied", "UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken",
		"ExpiredTokenException", "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "NotAuthorized", "OptInRequired", "InvalidKeyId":
		return fault.Unauthorized
	case "RequestTimeTooSkewed", "RequestExpired":
		return fault.Unavailable // the client has set its clock by the answer: the next try has the right time
	}
	switch {
	case status == http.StatusTooManyRequests:
		return fault.Throttled
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return fault.Unauthorized
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout:
		return fault.Invalid
	}
	return fault.Unavailable
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
	return "the store could not be reached"
}
