package memqueue

import (
	"bytes"
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// maxBody is the largest body of a message in bytes.
	maxBody = 64 << 10
	// maxDelay is the longest time that a new message can be hidden first.
	maxDelay = 15 * time.Minute
)

// Send adds the messages, all or none of them. Their bodies are copied. A negative delay counts as none.
func (q *Queue) Send(ctx context.Context, messages ...ports.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := check(messages); err != nil {
		return err
	}
	now := q.clock.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.surface(now) // what became visible before comes before
	for _, message := range messages {
		visible := now.Add(clamp(message.Delay, maxDelay))
		message.Body, message.Delay = bytes.Clone(message.Body), 0
		q.hide(&item{message: message}, visible, now)
	}
	q.nudge()
	return nil
}

func check(messages []ports.Message) error {
	if len(messages) > ports.MaxSend {
		return fault.New(fault.Invalid, "memqueue: send of %d messages: one call takes at most %d",
			len(messages), ports.MaxSend)
	}
	for i, message := range messages {
		if n := len(message.Body); n < 1 || n > maxBody {
			return fault.New(fault.Invalid, "memqueue: send: message %d has a body of %d bytes, allowed are 1 to %d",
				i, n, maxBody)
		}
	}
	return nil
}

func clamp(delay, most time.Duration) time.Duration { return min(max(delay, 0), most) }
