// Package lambdaworker drives the engine from AWS Lambda: a Worker takes batches of queue messages, a Sweeper takes a schedule
// and the messages that the queue has given up. It is to a cloud what package localworker is to a laptop, and holds no rules:
// what becomes of a message is the engine's word.
//
// Both leave a reserve before the invocation's deadline, in which what is undone is handed back: Lambda kills without a
// word. Nothing rests on that reserve; a process that is killed loses no page, and pays for none twice.
//
// A message's body is read as package sqsqueue writes it: in base64 where SQS cannot carry it as it is, which an attribute says.
package lambdaworker
