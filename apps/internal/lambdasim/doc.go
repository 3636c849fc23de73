// Package lambdasim runs Lambda binaries as processes of this machine, under an emulator of the Lambda Runtime API, and feeds them as
// Lambda does: from an SQS queue (event source mapping), by a schedule, or by HTTP. It exists for tests and measurements: cold starts,
// billed time, requests to SQS, processes that die at any instant. Its edge is the process: it knows nothing of what a function does.
// It needs a Unix system; memory figures and death with the parent need Linux.
//
// A [Function] has one [Config] and any number of execution environments, one process each. One environment serves one invocation at a time,
// is reused while it lives, and an invocation is complete when the process asks for the next one or has ended. A [Mapping] polls a [Source],
// a [Schedule] fires by time, and [Function.InvokeHTTP] plays an HTTP API with payload format 2.0.
//
// # Known differences from Lambda
//
//   - Neither memory nor CPU is limited: MemoryMB is a figure for GB-seconds and for the environment variable. Compare Result.MaxRSS with it.
//   - Billed time ends with the answer; Lambda bills until the process asks for the next invocation, some microseconds later in Go.
//   - An init that fails fails the invocation that caused it. Lambda first tries the init once more within that invocation.
//   - The process is frozen between invocations only with Config.Freeze, because SIGSTOP hides leaks of time from debuggers and costs a signal each.
//     Lambda always freezes, so tests of clients that outlive an invocation set it.
//   - SIGTERM may be sent to a busy environment too (Terminate, Close); Lambda sends it to idle ones. A time-out is SIGKILL in both.
//   - Lambda lowers a mapping's concurrency after function errors unless ReportBatchItemFailures is on; the Mapping never does.
//   - A Mapping's pollers are its invocations: while one invokes, it does not receive. Lambda receives ahead.
//   - A batching window is kept to the second, as SQS waits in seconds.
//   - No FIFO queues, provisioned pollers, event filters, failure destinations, asynchronous retries, response streaming, layers, extensions other
//     than the one that aws-lambda-go registers to get SIGTERM, more than one invocation per environment, nor the file system's limits.
package lambdasim
