// Package sqsqueue is a ports.Queue on a standard queue of Amazon SQS, and a ports.Notifier that sends to one.
//
// Every request carries as many messages as one may, ten, and the adapter alone decides what is tried again: the
// client's own retries are off. Refusals, failures and lost answers are repeated with jitter inside the caller's
// deadline, so that a message may arrive twice but none is lost without an error. A message's group is its
// MessageGroupId, by which SQS keeps one tenant's many messages from holding up another's few; it orders nothing.
package sqsqueue
