// Package memqueue is an at-least-once queue in memory: visibility timeout, delays, receipts, dead letters.
//
// It behaves like the queues of the cloud, so that what works on it works there: a message that is not acknowledged in
// time comes again, an old receipt acknowledges nothing, and a message that has come too often moves to the dead
// letters. It takes turns among groups, so that one tenant's many messages do not hold up another's few. It ends with
// its process: lost messages are found by whoever sweeps the store.
package memqueue
