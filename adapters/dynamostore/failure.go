package dynamostore

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// failure is what came of a request that brought no answer.
type failure struct {
	kind fault.Kind
	text string
	// again means that the very same request may succeed a little later.
	again bool
	// contended means that another transaction has one of the records.
	contended bool
	// unknown means that the request may have been done all the same.
	unknown bool
	// reasons are those of a condition that did not hold, one for each step of a write.
	reasons []types.CancellationReason
}

// The codes of CancellationReason.
const (
	reasonNone      = "None"
	reasonCondition = "ConditionalCheckFailed"
	reasonConflict  = "TransactionConflict"
	reasonThrottled = "ThrottlingError"
	reasonProvision = "ProvisionedThroughputExceeded"
)

// judge is the one place where an error of the client gets its kind. Kinds are told by type and code, never by text.
func judge(err error, table string) *failure {
	var (
		condition *types.ConditionalCheckFailedException
		cancelled *types.TransactionCanceledException
		noTable   *types.ResourceNotFoundException
		api       smithy.APIError
	)
	switch {
	case errors.As(err, &condition):
		code := reasonCondition
		return &failure{
			kind: fault.Conflict, text: "a condition did not hold",
			reasons: []types.CancellationReason{{Code: &code, Item: condition.Item}},
		}
	case errors.As(err, &cancelled):
		return judgeReasons(cancelled)
	case errors.As(err, &noTable):
		return &failure{kind: fault.Unavailable, text: "there is no table " + table + " in this account and region: create it, or correct its name"}
	case errors.As(err, &api) && api.ErrorCode() != noCode:
		return judgeCode(api, statusOf(err))
	case statusOf(err) != 0:
		return judgeForeign(statusOf(err))
	}
	return judgeConnection(err)
}

// statusOf is the HTTP status of the answer, 0 when there was none.
func statusOf(err error) int {
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return 0
	}
	return response.HTTPStatusCode()
}

// judgeReasons is for a transaction that was cancelled. A reason that passes by itself goes before a condition that did not
// hold: what DynamoDB did not look at may have been a reason too.
func judgeReasons(cancelled *types.TransactionCanceledException) *failure {
	f := &failure{kind: fault.Conflict, text: "a condition did not hold", again: true, reasons: cancelled.CancellationReasons}
	for i := range f.reasons {
		switch code := aws.ToString(f.reasons[i].Code); code {
		case reasonNone, reasonCondition, "":
		case reasonConflict, reasonThrottled, reasonProvision:
			f.contended = f.contended || code == reasonConflict
			f.kind, f.text = fault.Throttled, "the transaction was cancelled: "+code
		default: // ValidationError, ItemCollectionSizeLimitExceeded, DuplicateItem and what may come
			return &failure{kind: fault.Invalid, text: "the transaction was cancelled: " + code + ": " + aws.ToString(f.reasons[i].Message)}
		}
	}
	return f
}

// judgeCode is for an answer with an error code of DynamoDB.
func judgeCode(api smithy.APIError, status int) *failure {
	text := api.ErrorCode() + ": " + api.ErrorMessage()
	switch api.ErrorCode() {
	case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded", "LimitExceededException",
		"ReplicatedWriteConflictException", "TransactionInProgressException":
		return &failure{kind: fault.Throttled, text: text, again: true}
	case "TransactionConflictException":
		return &failure{kind: fault.Throttled, text: text, again: true, contended: true}
	case "AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException", "ExpiredToken", "InvalidSignatureException",
		"IncompleteSignature", "IncompleteSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException",
		"InvalidClientTokenId", "NotAuthorized", "OptInRequired":
		return &failure{kind: fault.Unauthorized, text: text}
	case "ResourceInUseException", "TableAlreadyExistsException":
		return &failure{kind: fault.Conflict, text: text}
	case "ValidationException", "ItemCollectionSizeLimitExceededException":
		return &failure{kind: fault.Invalid, text: text}
	}
	return judgeStatus(status, text)
}

// judgeStatus is for an answer with a code that is not in the list: by its status alone.
func judgeStatus(status int, text string) *failure {
	switch {
	case status == http.StatusRequestTimeout:
		return &failure{kind: fault.Unavailable, text: text, again: true, unknown: true}
	case status == http.StatusTooManyRequests:
		return &failure{kind: fault.Throttled, text: text, again: true}
	case status >= 400 && status < 500:
		return &failure{kind: fault.Rejected, text: text}
	default: // a failure of the server, or an answer that could not be read
		return &failure{kind: fault.Unavailable, text: text, again: true, unknown: true}
	}
}

// noCode is what the client calls an answer without a code, and without anything that it cannot read.
const noCode = "UnknownError"

// judgeForeign is for an answer that DynamoDB has not written: a proxy's, say. But for those of a guard, which let nothing
// through, they do not tell whether the request had been passed on.
func judgeForeign(status int) *failure {
	f := judgeStatus(status, "an answer that is not DynamoDB's, HTTP status "+strconv.Itoa(status))
	guard := status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusProxyAuthRequired
	f.unknown = f.unknown || f.kind == fault.Rejected && !guard
	return f
}

// judgeConnection is for a request without an answer. Only one that got no connection is known not to be done.
func judgeConnection(err error) *failure {
	var (
		send     *smithyhttp.RequestSendError
		op       *net.OpError
		canceled *aws.RequestCanceledError
	)
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return &failure{kind: fault.Unavailable, text: op.Error(), again: true}
	case errors.As(err, &canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return &failure{kind: fault.Unavailable, text: "no answer in time", again: true, unknown: true}
	case errors.As(err, &send):
		return &failure{kind: fault.Unavailable, text: send.Err.Error(), again: true, unknown: true}
	}
	// It did not leave the client, for want of credentials: New has seen that there is a region.
	return &failure{kind: fault.Unauthorized, text: err.Error()}
}
