package claudemodel

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxMessage is the longest message of an error in bytes.
const maxMessage = 300

// failure is the error of an exchange that brought no answer.
func (m *Model) failure(x *exchange) error {
	if x.keyless != nil {
		return m.keyFailure(x)
	}
	kind, unknown := judge(x)
	e := &fault.Error{Kind: kind, Unknown: unknown, RetryAfter: retryAfter(x.header)}
	if kind == fault.Unavailable {
		// Only the context's own error is kept as a cause. Those of the client hold the request and its headers.
		e.Err = x.ended
	}
	line := fmt.Sprintf("claudemodel: %s: %s", x.doing, m.describe(x))
	e.Message = fault.OneLine(errors.New(line), maxMessage)
	return e
}

// describe says what happened, without anything of the request or the answer in it.
func (m *Model) describe(x *exchange) string {
	if x.status == 0 {
		return m.describeSilence(x)
	}
	parts := []string{fmt.Sprint(x.status)}
	e, enveloped := envelopeOf(x)
	switch {
	case !x.whole:
		parts = append(parts, "and then "+m.broken(x))
	case x.status == 200:
		parts = append(parts, "with a body that is no "+x.wants)
	case !enveloped:
		parts = append(parts, "with a body that is none of the provider's errors")
	default:
		// The type before the message: a long one is cut, and the request's id must not be.
		parts = append(parts, m.screen(short(e.Type, 60), x.prompts))
	}
	if id := x.requestID(); id != "" {
		parts = append(parts, "(request "+m.screen(short(id, 60), x.prompts)+")")
	}
	if e.Message != "" && !x.mute {
		parts = append(parts, "- "+m.screen(e.Message, x.prompts))
	}
	return strings.Join(parts, " ")
}

func (m *Model) describeSilence(x *exchange) string {
	switch {
	case x.maybeSent():
		return m.broken(x) + " before the answer was there"
	case x.ended != nil, errors.Is(x.err, context.DeadlineExceeded):
		return m.broken(x) + " before the request was sent"
	}
	return "no connection: " + m.screen(dialError(x.err), x.prompts)
}

// broken says in our own words how an exchange ended early. The words of the transport can hold what was received.
func (m *Model) broken(x *exchange) string {
	var timeout net.Error
	switch {
	case x.ended != nil:
		return x.ended.Error()
	case errors.Is(x.err, errTooLarge):
		return errTooLarge.Error()
	case errors.Is(x.err, context.DeadlineExceeded) && x.streams:
		return fmt.Sprintf("nothing came for %s", m.timeout)
	case errors.Is(x.err, context.DeadlineExceeded):
		return fmt.Sprintf("the call took longer than %s", m.timeout)
	case errors.As(x.err, &timeout) && timeout.Timeout():
		return "the connection timed out"
	case errors.Is(x.err, syscall.ECONNRESET), errors.Is(x.err, syscall.EPIPE):
		return "the connection was reset"
	case errors.Is(x.err, io.EOF), errors.Is(x.err, io.ErrUnexpectedEOF):
		return "the connection was closed"
	}
	return "the exchange failed"
}

// dialError is the error of a connection that was not made, without the method and address that net/http adds.
func dialError(err error) string {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		err = outer.Err
	}
	return err.Error()
}

// short cuts a text to n bytes, at a character's edge.
func short(text string, n int) string { return fault.OneLine(errors.New(text), n) }
