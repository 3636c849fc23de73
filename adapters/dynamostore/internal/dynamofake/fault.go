package dynamofake

import "net/http"

// Fault is what goes wrong with a request.
type Fault int

// The faults.
const (
	// None: the request is answered.
	None Fault = iota
	// Throttle: it is refused for its rate.
	Throttle
	// ServerError: status 500, and nothing was done.
	ServerError
	// ServerErrorAfter: status 500, although the work was done.
	ServerErrorAfter
	// Conflict: another transaction has one of the records. Plain reads are answered.
	Conflict
	// ResetBefore: the connection is lost, and nothing was done.
	ResetBefore
	// ResetAfter: the connection is lost when the work was done.
	ResetAfter
	// Unprocessed: a BatchGetItem brings only its first key, others are answered.
	Unprocessed
)

// problem is an error as DynamoDB tells it.
type problem struct {
	status  int
	code    string
	message string
	item    Item
	reasons []reason
}

// reason is why one step of a transaction stood against it.
type reason struct {
	Code    string `json:"Code"`
	Message string `json:"Message,omitempty"`
	Item    Item   `json:"Item,omitempty"`
}

// Error implements error.
func (p *problem) Error() string { return p.code + ": " + p.message }

func refuse(code, message string) *problem {
	return &problem{status: http.StatusBadRequest, code: code, message: message}
}

func invalid(message string) *problem { return refuse("ValidationException", message) }

const (
	codeCondition = "ConditionalCheckFailed"
	codeNone      = "None"
)

func conditionFailed(old Item) *problem {
	p := refuse("ConditionalCheckFailedException", "The conditional request failed")
	p.item = old
	return p
}

func cancelled(reasons []reason) *problem {
	p := refuse("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons")
	p.reasons = reasons
	return p
}

// inject is what a fault says before anything is done, or nil.
func (f Fault) inject(operation string, steps int) *problem {
	switch f {
	case Throttle:
		return refuse("ThrottlingException", "Rate exceeded")
	case ServerError:
		return &problem{status: http.StatusInternalServerError, code: "InternalServerError", message: "Internal server error"}
	case Conflict:
		return conflict(operation, steps)
	}
	return nil
}

func conflict(operation string, steps int) *problem {
	switch operation {
	case "PutItem", "DeleteItem":
		return refuse("TransactionConflictException", "Transaction is ongoing for the item")
	case "TransactWriteItems", "TransactGetItems":
		reasons := make([]reason, steps)
		for i := range reasons {
			reasons[i].Code = codeNone
		}
		reasons[0] = reason{Code: "TransactionConflict", Message: "Transaction is ongoing for the item"}
		return cancelled(reasons)
	}
	return nil
}
