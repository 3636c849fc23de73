package claudemodel

import (
	"context"
	"errors"
	"net/http"

	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// exchange sends a request with the key in use; request is called with the option that sets the key. When the provider
// refuses the key and there is another one, the request is sent once more: a 401 is refused before any work, so nothing can
// be billed twice. What came of it is in x.
func (m *Model) exchange(ctx context.Context, x *exchange, request func(key option.RequestOption) error) {
	key, err := m.key(ctx)
	if err != nil {
		x.keyless, x.ended = err, ctx.Err()
		return
	}
	x.end(ctx, request(option.WithAPIKey(string(key))))
	if x.status != http.StatusUnauthorized {
		return
	}
	other, err := m.renewed(ctx, key)
	switch {
	case err != nil:
		x.keyless, x.ended = err, ctx.Err()
	case other != key:
		x.again()
		x.end(ctx, request(option.WithAPIKey(string(other))))
	}
}

// keyFailure is the error of a request for which there is no key. Nothing was billed, whatever the source's error says of
// its own outcome. The error is not kept as a cause: it is not known what is in it.
func (m *Model) keyFailure(x *exchange) error {
	e := &fault.Error{Kind: fault.Unauthorized, RetryAfter: fault.RetryAfter(x.keyless), Err: x.ended}
	kind, known := errors.AsType[fault.Kind](x.keyless)
	switch {
	case x.ended != nil, !known: // an error without a kind says nothing of the key
		e.Kind = fault.Unavailable
	case kind == fault.Throttled, kind == fault.Overloaded, kind == fault.Unavailable:
		e.Kind = kind
	}
	why := ": no API key: "
	if x.status == http.StatusUnauthorized {
		why = ": the API key was refused, and there is no other: "
	}
	line := "claudemodel: " + x.doing + why + m.screen(x.keyless.Error(), x.prompts)
	e.Message = fault.OneLine(errors.New(line), maxMessage)
	return e
}
