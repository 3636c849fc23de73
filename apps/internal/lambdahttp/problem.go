package lambdahttp

import (
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/aws/aws-lambda-go/events"
)

// problem is an answer that the handler did not give: an error as RFC 9457 has it, with the API's code.
type problem struct {
	status       int
	code, detail string
}

// The three of them. None repeats anything of the request or of the handler.

func malformed() problem {
	return problem{http.StatusBadRequest, "VALIDATION_ERROR", "the request cannot be read"}
}

func broken() problem {
	return problem{http.StatusInternalServerError, "INTERNAL_ERROR", "something went wrong here; the request id finds it in the log"}
}

func tooLarge() problem {
	return problem{http.StatusInternalServerError, "INTERNAL_ERROR", "the answer is too large: use paging, with limit and cursor"}
}

// answer is the problem to send. Of the headers that the handler had set only its request id stays: the others described its own answer.
func (p problem) answer(event events.APIGatewayV2HTTPRequest, header http.Header) events.APIGatewayV2HTTPResponse {
	id := header.Get("X-Request-Id")
	headers := map[string]string{
		"content-type": "application/problem+json", "cache-control": "no-store", "x-content-type-options": "nosniff",
		"content-security-policy": "default-src 'none'; frame-ancestors 'none'", "referrer-policy": "no-referrer",
		"strict-transport-security": "max-age=31536000",
	}
	if id != "" {
		headers["x-request-id"] = id
	} else {
		id = event.RequestContext.RequestID
	}
	text, _ := json.Marshal(map[string]any{ // texts and numbers always marshal
		"type": "about:blank", "title": http.StatusText(p.status), "status": p.status, "detail": p.detail, "code": p.code, "request_id": id,
	})
	headers["content-length"] = strconv.Itoa(len(text))
	if event.RequestContext.HTTP.Method == http.MethodHead {
		text = nil
	}
	return events.APIGatewayV2HTTPResponse{StatusCode: p.status, Headers: headers, Body: string(text)}
}
