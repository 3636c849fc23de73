// Package chance decides what goes wrong in a simulated run: which faults there are, which of them a seed switches on, and
// which one happens at a call. It also counts what happened, so that a fault which never occurs shows.
package chance

// Method is a method of a port, or one of the things outside of all ports that people and machines do.
type Method uint8

// The methods of the ports, in the order of the table; then what machines, queue and people do by themselves.
const (
	StoreGet Method = iota
	StoreList
	StoreUpdate
	QueueSend
	QueueReceive
	QueueAck
	QueueReturn
	ModelCall
	BatchCreate
	BatchList
	BatchGet
	BatchCancel
	BatchRead
	NotifierNotify
	ClockNow
	ClockSleep
	Machine
	QueueItself
	BatchItself
	ProviderItself
	GuardItself
	Operator
	Effect
	methods
)

// Kind is one sort of fault. None means that all is well.
type Kind string

// The faults that any call can meet.
const (
	None        Kind = ""
	CrashBefore Kind = "crash before"
	CrashAfter  Kind = "crash after"
	// Freeze: the machine stands still for a while, perhaps beyond its lease. Slow: the call takes seconds. Hang: it takes
	// longer than any lease, and then happens.
	Freeze Kind = "freeze"
	// Late: it happens at once, and its answer takes longer than any lease.
	Late Kind = "answer comes late"
	Slow Kind = "slow"
	Hang Kind = "hang"
	// Jump: time passes beyond the lease right after the call.
	Jump Kind = "clock jump"
	// Redeliver: every message on its way is delivered once more right after the call.
	Redeliver Kind = "duplicate delivery"
)

// The faults of stores and queues.
const (
	// LostRequest: nothing was done, and an error says so or leaves it open. LostAck: it was done, and an error came back.
	LostRequest Kind = "lost request"
	LostAck     Kind = "lost acknowledgement"
	Throttle    Kind = "throttle"
	// Unsure: nothing was done, and the error leaves that open.
	Unsure Kind = "lost request, outcome unknown"
	// Conflict: the store gave up after losing to others again and again.
	Conflict Kind = "conflict"
	// Rerun: the store did not learn the outcome of a commit and runs the decision again.
	// Denied: the store refuses for a reason that no retry mends.
	Denied    Kind = "denied"
	Rerun     Kind = "rerun after lost acknowledgement"
	ShortPage Kind = "short page"
	// Partial: some of the messages were sent, and an error came back. Lost: none was, and no error came.
	Partial   Kind = "partly sent"
	Lost      Kind = "silently lost"
	Twice     Kind = "sent twice"
	Delayed   Kind = "delayed"
	Unseen    Kind = "received and never seen"
	Duplicate Kind = "delivered twice at once"
	Later     Kind = "delivered again much later"
	Reorder   Kind = "out of order"
)

// The faults of the model.
const (
	ThrottleAfter Kind = "429 with retry-after"
	SpendCap      Kind = "spend cap"
	Overloaded    Kind = "529"
	Error500      Kind = "500"
	Gateway504    Kind = "504"
	ResetBefore   Kind = "reset before the work"
	ResetAfter    Kind = "reset after the work"
	HangBilled    Kind = "hang past the deadline"
	Malformed     Kind = "malformed"
	WrongSchema   Kind = "wrong schema"
	EmptyContent  Kind = "empty content"
	OtherModel    Kind = "another model answered"
	Rejected      Kind = "400"
	Unauthorized  Kind = "401"
	Panic         Kind = "client panics"
	StopMax       Kind = "stop max_tokens"
	StopSequence  Kind = "stop stop_sequence"
	StopTool      Kind = "stop tool_use"
	StopPause     Kind = "stop pause_turn"
	StopRefusal   Kind = "stop refusal, billed"
	StopUnbilled  Kind = "stop refusal, not billed"
	StopContext   Kind = "stop model_context_window_exceeded"
	StopUnknown   Kind = "stop unknown"
	UsageMissing  Kind = "usage missing"
	UsageNegative Kind = "usage negative"
	UsageAbove    Kind = "usage above the hold"
)

// The faults of batches.
const (
	// Unlisted: the batch was made, nobody was told, and lists do not have it for a while.
	Unlisted Kind = "made, and not listed for a while"
	// Cut: some of the lines came, then an error. Missing: one line is left out. Foreign: one is of another batch.
	Cut     Kind = "stream cut"
	Missing Kind = "line missing"
	Foreign Kind = "line of another batch"
	// What a line comes to.
	LineErrored  Kind = "line errored"
	LineRejected Kind = "line rejected"
	LineExpired  Kind = "line expired"
	LineCanceled Kind = "line canceled"
	LineUsage    Kind = "line without usage"
	LineUnbilled Kind = "line refused, not billed"
	LineNoUse    Kind = "line is no use"
)

// What the provider and the guards before it do by themselves.
const (
	Outage        Kind = "outage"
	OverRate      Kind = "over the rate"
	NoHeaders     Kind = "no limits told"
	WrongHeaders  Kind = "wrong limits told"
	PrefixWritten Kind = "prefix written"
	PrefixRead    Kind = "prefix read"
	Tripped       Kind = "tripped"
	Refused       Kind = "refused"
	Probed        Kind = "probed"
)

// What happens outside of calls.
const (
	Skew         Kind = "clock ahead or behind"
	ClockJump    Kind = "clock set"
	Oversleep    Kind = "woken late"
	Killed       Kind = "killed"
	AtDeadline   Kind = "killed at the deadline"
	Cold         Kind = "cold start"
	Warm         Kind = "warm start"
	Drained      Kind = "stopped in order"
	OtherVersion Kind = "another version beside it"
	OldSchema    Kind = "writes schema 0"
	Expired      Kind = "visibility ended in mid-work"
	DeadLetter   Kind = "dead letter"
	Redrive      Kind = "redrive"
	Rewind       Kind = "store set back"
	DoSubmit     Kind = "submit again with the key"
	DoCancel     Kind = "cancel"
	DoPause      Kind = "pause"
	DoResume     Kind = "resume"
	DoRaise      Kind = "raise the cap"
	DoRetry      Kind = "retry what failed"
	DoRegenerate Kind = "regenerate"
	DoVerify     Kind = "verify"
	DoLimit      Kind = "limit a month"
	DoLook       Kind = "look at progress, tasks and ledger"
	DoLower      Kind = "lower the cap"
	DoMoreCap    Kind = "set a higher cap"
	DoLessCap    Kind = "set a lower cap"
	DoCause      Kind = "retry what failed of a cause"
	DoSwitchOff  Kind = "switch spending off"
	DoSwitchOn   Kind = "switch spending on"
)

// What becomes of some of that.
const (
	// SwitchedOff: a job is paused by the switch. LetGo: it goes on by the switch.
	SwitchedOff Kind = "paused by the switch"
	LetGo       Kind = "let go by the switch"
	RefusedOff  Kind = "refused while spending is off"
	CapRaised   Kind = "higher cap set"
	// CapLowered: while money is spent or held. CapRefused: it is below that.
	CapLowered Kind = "lower cap set"
	CapRefused Kind = "cap below what is committed refused"
	// LostAndDone and LostAndNot: the answer to a SetCap was lost.
	LostAndDone Kind = "set, and the answer lost"
	LostAndNot  Kind = "not set, and the answer lost"
	// ByCause: some of what failed is left as it is. SameKey: a retry was asked for again under its key.
	ByCause Kind = "retried by cause"
	SameKey Kind = "retried again with the key"
)

// Row says what can go wrong in one method.
type Row struct {
	Method Method
	Name   string
	Kinds  []Kind
}

// Harmless are the methods of ports that cannot fail by their contract and have no effect outside of their machine; each
// says why no fault is planted in it.
func Harmless() map[string]string {
	return map[string]string{
		"Tx.Get":             "part of Store.Update: what it sees is torn and repeated by the store's hooks",
		"Tx.Put":             "part of Store.Update",
		"Tx.Create":          "part of Store.Update",
		"Tx.Delete":          "part of Store.Update",
		"Sender.Send":        "the same method as Queue.Send",
		"Clock.WithDeadline": "makes a value; what ends the context is the clock, which is Clock.Now's row",
		"Group.Run":          "starts strands of its own machine; they are killed and frozen at every call they make",
		"Group.NewBox":       "makes a value",
		"Box.Put":            "never blocks and cannot fail; it stays in the machine",
		"Box.Take":           "stays in the machine; waits end late by Clock.Sleep's and Machine's rows",
		"IDs.NewID":          "cannot fail; ids come from the seed",
		"IDs.NewToken":       "cannot fail; tokens come from the seed",
		"IDs.Jitter":         "cannot fail; jitter comes from the seed",
		"Observer.Observe":   "must not block and cannot fail, and nothing is decided by it",
	}
}

func everyCall(more ...Kind) []Kind {
	return append([]Kind{CrashBefore, CrashAfter, Freeze, Slow, Hang, Late}, more...)
}

// Table lists every fault by method. A method of a port without a row here or in Harmless fails the tests.
func Table() []Row {
	return []Row{
		{StoreGet, "Store.Get", everyCall(LostRequest, Throttle, Denied)},
		{StoreList, "Store.List", everyCall(LostRequest, Throttle, ShortPage)},
		{StoreUpdate, "Store.Update", everyCall(LostRequest, Unsure, LostAck, Throttle, Conflict, Denied, Rerun)},
		{QueueSend, "Queue.Send", everyCall(LostRequest, LostAck, Throttle, Partial, Lost, Twice, Delayed)},
		{QueueReceive, "Queue.Receive", everyCall(LostRequest, Throttle, Unseen, Duplicate, Reorder)},
		{QueueAck, "Queue.Ack", everyCall(LostRequest, LostAck, Lost, Later)},
		{QueueReturn, "Queue.Return", everyCall(LostRequest, LostAck, Lost)},
		{ModelCall, "Model.Call", everyCall(
			Throttle, ThrottleAfter, SpendCap, Overloaded, Error500, Gateway504, ResetBefore, ResetAfter, HangBilled, Malformed,
			WrongSchema, EmptyContent, OtherModel, Rejected, Unauthorized, Panic, StopMax, StopSequence, StopTool, StopPause,
			StopRefusal, StopUnbilled, StopContext, StopUnknown, UsageMissing, UsageNegative, UsageAbove,
		)},
		{BatchCreate, "BatchModel.CreateBatch", everyCall(
			LostRequest, Unsure, LostAck, Unlisted, HangBilled, Throttle, ThrottleAfter, Overloaded, Rejected, SpendCap, Unauthorized,
		)},
		{BatchList, "BatchModel.ListBatches", everyCall(LostRequest, Throttle)},
		{BatchGet, "BatchModel.GetBatch", everyCall(LostRequest, Throttle, Unauthorized)},
		{BatchCancel, "BatchModel.CancelBatch", everyCall(LostRequest, LostAck, Throttle)},
		{BatchRead, "BatchModel.BatchResults", everyCall(LostRequest, Cut, Twice, Missing, Foreign)},
		{NotifierNotify, "Notifier.Notify", everyCall(LostRequest, LostAck)},
		{ClockNow, "Clock.Now", []Kind{Skew, ClockJump}},
		{ClockSleep, "Clock.Sleep", []Kind{Oversleep, CrashBefore, CrashAfter}},
		{Machine, "Machine", []Kind{Killed, AtDeadline, Cold, Warm, Drained, OtherVersion, OldSchema}},
		{QueueItself, "Queue", []Kind{Expired, DeadLetter, Redrive}},
		{BatchItself, "Batch", []Kind{LineErrored, LineRejected, LineExpired, LineCanceled, LineUsage, LineUnbilled, LineNoUse}},
		{ProviderItself, "Provider", []Kind{Outage, OverRate, NoHeaders, WrongHeaders, PrefixWritten, PrefixRead}},
		{GuardItself, "Guard", []Kind{Tripped, Refused, Probed}},
		{Operator, "Operator", []Kind{DoSubmit, DoCancel, DoPause, DoResume, DoRaise, DoRetry, DoRegenerate, DoVerify, DoLook, DoLower, DoLimit, Rewind, DoMoreCap, DoLessCap, DoCause, DoSwitchOff, DoSwitchOn}},
		{Effect, "Effect", []Kind{SwitchedOff, LetGo, RefusedOff, CapRaised, CapLowered, CapRefused, LostAndDone, LostAndNot, ByCause, SameKey}},
	}
}
