// Package lambdahttp serves an http.Handler as a Lambda function behind an API Gateway HTTP API with payload format 2.0, so that the same
// handler runs under net/http and in Lambda. Its edge is the translation: it authorises nobody, and what a JWT authorizer of the gateway says
// about a caller never reaches the handler, which checks tokens itself.
//
// It does not use lambdaurl.Wrap of aws-lambda-go 1.55.1, which is for function URLs. Wrap runs the handler in a goroutine without recover: a
// panic ends the process, and the gateway answers in our place. Wrap pastes rawPath into the text of a URL, and HTTP APIs hand that path over
// decoded: a client's %253F would begin a query, its %2523 swallow the real one, and a lone % be an error. Wrap's answer is a pipe of unknown
// length, which blocks the handler until it is read.
package lambdahttp
