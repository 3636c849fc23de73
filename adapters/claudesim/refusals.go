package claudesim

import "net/http"

const (
	statusOverloaded = 529
	// longWait is the retry-after of Fault429Long, in wall seconds: a day.
	longWait = 86_400
)

// injected is the refusal of a fault that is one.
func injected(f Fault) *apiError {
	switch f {
	case Fault429:
		return tooSteep(1)
	case Fault429Bare:
		return tooSteep(0)
	case Fault429Long:
		return tooSteep(longWait)
	case FaultSpendCap:
		return spendCapReached()
	case FaultLimitOrganization:
		return invalid("You have reached your specified API usage limits. You will regain access on 2027-01-01 at 00:00 UTC.")
	case FaultLimitWorkspace:
		return invalid("You have reached your specified workspace API usage limits. You will regain access on 2027-01-01 at 00:00 UTC.")
	case Fault402:
		return &apiError{status: http.StatusPaymentRequired, kind: kindBilling, message: "There is a problem with your billing. Please check your payment details."}
	case Fault409:
		return &apiError{status: http.StatusConflict, kind: kindConflict, message: "The request conflicts with another one."}
	case Fault413:
		return tooLarge()
	}
	return failing(f)
}

// failing is the refusal of a fault that is the service's own failure.
func failing(f Fault) *apiError {
	switch f {
	case Fault500:
		return &apiError{status: http.StatusInternalServerError, kind: kindAPI, message: "Internal server error"}
	case Fault502:
		return &apiError{status: http.StatusBadGateway, html: "502 Bad Gateway"}
	case Fault504:
		return &apiError{status: http.StatusGatewayTimeout, kind: kindTimeout, message: "Request timed out"}
	}
	return &apiError{status: statusOverloaded, kind: kindOverloaded, message: "Overloaded"}
}
