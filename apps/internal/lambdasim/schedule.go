package lambdasim

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Schedule invokes a function again and again, as an EventBridge rule with a rate does. One invocation at a time: one that is still at
// work when the next is due delays it, and due times missed meanwhile are left out.
type Schedule struct {
	Function Invoker
	Every    time.Duration
	Rule     string // name of the rule, "schedule" when empty
	Region   string // "us-east-1" when empty
	Account  string // "000000000000" when empty
	// Done is called after each invocation, in Run's goroutine. Nil is not called.
	Done func(Result, error)
}

// Run invokes for the first time after one period, and until ctx ends; an invocation at work is left to its end. Errors: fault.Invalid
// when the schedule has no function or period.
func (s Schedule) Run(ctx context.Context) error {
	if s.Function == nil || s.Every <= 0 {
		return fault.New(fault.Invalid, "lambdasim: a schedule needs a function and a period")
	}
	ticker := time.NewTicker(s.Every)
	defer ticker.Stop()
	for {
		select {
		case at := <-ticker.C:
			s.fire(context.WithoutCancel(ctx), at)
		case <-ctx.Done():
			return nil
		}
	}
}

// fire makes one invocation.
func (s Schedule) fire(ctx context.Context, at time.Time) {
	result, err := s.Function.Invoke(ctx, s.Event(at))
	if s.Done != nil {
		s.Done(result, err)
	}
}

// Event returns the event of one due time, for a test that decides the time itself.
func (s Schedule) Event(at time.Time) []byte {
	region, account := or(s.Region, "us-east-1"), or(s.Account, "000000000000")
	event, _ := json.Marshal(events.EventBridgeEvent{ // plain strings and a time of our era can always be encoded
		Version: "0", ID: uuid.NewString(), DetailType: "Scheduled Event", Source: "aws.events",
		AccountID: account, Region: region, Time: at.UTC().Truncate(time.Second),
		Resources: []string{"arn:aws:events:" + region + ":" + account + ":rule/" + or(s.Rule, "schedule")},
		Detail:    json.RawMessage(`{}`),
	})
	return event
}
