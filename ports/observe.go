package ports

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// Observer is told what happens: for logs, metrics and alerts. It is safe for concurrent use.
type Observer interface {
	// Observe must not block and cannot fail. Nothing is decided by it.
	Observe(ctx context.Context, event Event)
}

// EventName says what happened, as dotted lower-case words.
type EventName string

// The events. Those marked alert need a person.
const (
	EventJobSubmitted EventName = "job.submitted"
	EventJobStarted   EventName = "job.started"
	EventJobPaused    EventName = "job.paused"
	EventJobResumed   EventName = "job.resumed"
	EventJobEnded     EventName = "job.ended"
	EventJobRetried   EventName = "job.retried"
	// EventLeased: a parcel was leased; Count attempts are open then. Amount is what they hold, 0 for those of a batch.
	EventLeased EventName = "parcel.leased"
	// EventTakenOver: an ended lease was taken over; Count is the number of attempts presumed.
	EventTakenOver EventName = "parcel.taken_over"
	// EventCall: one model call came back; Duration, Amount and Fault say how.
	EventCall EventName = "call"
	// EventTaskEnded: a task reached a terminal state, in Detail.
	EventTaskEnded EventName = "task.ended"
	// EventReconciled: a request of the provider's bill was booked that the books did not have. Attempt is the presumed
	// attempt that it adjusted, 0 for none; Amount is what it cost, Detail the provider's name for the answer.
	EventReconciled EventName = "bill.reconciled"
	// EventJobLost, alert: the provider has billed a request of a job that the store does not have; its tenant's month has
	// paid Amount.
	EventJobLost EventName = "job.lost"
	// EventPlanDiffers, alert: this worker's plan of a job is not the one it was submitted with.
	EventPlanDiffers EventName = "plan.differs"
	// EventOverrun, alert: a call cost more than was held and free; the job is closed for new holds.
	EventOverrun EventName = "money.overrun"
	// EventUsageAbsurd, alert: an answer's usage was missing or made no sense; its hold is presumed spent.
	EventUsageAbsurd EventName = "usage.absurd"
	// EventCorrupt, alert: a stored record of a job failed its check; Detail says which.
	EventCorrupt EventName = "record.corrupt"
	// EventProviderStopped, alert: the provider's spend cap or the key stops all calls.
	EventProviderStopped EventName = "provider.stopped"
	// EventBreakerOpened, alert: no process calls Model for Duration, but for one probe after it; Fault says why, Count how
	// often in a row.
	EventBreakerOpened EventName = "breaker.opened"
	// EventBreakerClosed: the probe was answered, calls go on.
	EventBreakerClosed EventName = "breaker.closed"
	// EventBatchSent: Count calls were sent as one batch; Detail is the provider's name for it.
	EventBatchSent EventName = "batch.sent"
	// EventBatchApplied: the batch has ended, and Count of its calls were answered and settled.
	EventBatchApplied EventName = "batch.applied"
	// EventDeadLetter, alert: a queue has given up a message of the parcel for the Count-th time in its round; Detail says what
	// became of it.
	EventDeadLetter EventName = "dead.letter"
	// EventFault: something failed that will be tried again.
	EventFault EventName = "fault"
	// EventStoreUsed: a request of the store came back, in Detail its operation; ReadUnits and WriteUnits are what it took,
	// Duration how long, Fault the kind of its error: Conflict for a condition that did not hold.
	EventStoreUsed EventName = "store.used"
	// EventMessageReceived: a queue delivered a message for the Count-th time, Duration after it could first be received.
	EventMessageReceived EventName = "message.received"
	// EventMessageReturned: Count messages of one batch come again because their work failed. They were left to the queue, or
	// sent anew where what the work needs is out of reach; what only ran out of its time is not among them.
	EventMessageReturned EventName = "message.returned"
	// EventMoney: Count entries were booked in a job's ledger; Held, Settled, Presumed and Voided are what they have moved.
	EventMoney EventName = "money"
	// EventQuota: the provider has said what is left of its limits for Model; QuotaUsed is the share that is not.
	EventQuota EventName = "quota"
	// EventWebhookFailed, alert: a delivery came to nothing after Count attempts, or its receiver wants no more of its webhook;
	// Detail is a word for why the last one did.
	EventWebhookFailed EventName = "webhook.failed"
	// EventRequest: the API answered RequestID after Duration; Count is the HTTP status, Detail the route's method and path.
	EventRequest EventName = "api.request"
)

// Event is one thing that happened. Fields that do not apply are zero. It holds no content and no secret.
type Event struct {
	Name   EventName
	At     time.Time
	Tenant string
	Job    string
	// Model is the provider's model, for what concerns all of its calls.
	Model string
	// RequestID joins what one request of a caller led to.
	RequestID string
	Parcel    int
	Ordinal   int
	Attempt   int
	Count     int
	Duration  time.Duration
	Amount    cost.Pico
	// Held is what was put aside for calls and Voided what was given back of it because nothing was billed. Settled and
	// Presumed are by how much the account's amounts of that name have changed: Presumed is negative when the truth about
	// a presumed call has come.
	Held, Settled, Presumed, Voided cost.Pico
	// QuotaUsed is in thousandths, 0 to 1000, of the limit that is used up most.
	QuotaUsed int
	// ProviderRequest is the provider's name for the request; the ledger entry of its attempt has the same.
	ProviderRequest string
	// ReadUnits and WriteUnits are the store's units of capacity.
	ReadUnits, WriteUnits int
	// Fault is the kind of the error, or empty.
	Fault string
	// Detail is one short line.
	Detail string
}

// Notice is an event for the world outside, kept in the outbox until it is delivered.
type Notice struct {
	// ID stays the same over all tries, so that a receiver can tell a repeat.
	ID string `json:"id"`
	// Type is "job.completed", "job.failed" or "job.paused".
	Type   string    `json:"type"`
	Tenant string    `json:"tenant"`
	Job    string    `json:"job"`
	At     time.Time `json:"at"`
	// Body is a JSON object.
	Body []byte `json:"body"`
}

// Notifier delivers notices at least once. It is safe for concurrent use.
type Notifier interface {
	// Notify returns nil when the notice has been taken for good. Any error means it will be offered again, with the
	// same ID.
	Notify(ctx context.Context, notice Notice) error
}
