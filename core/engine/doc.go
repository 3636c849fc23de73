// Package engine is the life of a job: Forecast, Submit, Work, Sweep, Cancel, Pause, Resume, SetCap, Retry, Progress, Verify and
// Reconcile.
//
// It reads and writes the world through ports alone and decides by the pure values of the other core packages. Every
// change of a task goes through one Update that writes the task's parcel, its shard's header and ledger together, and
// ends in one step (fold) that keeps counters, money and the ends of shard and job in line with the states. The engine
// starts no goroutine, reads no clock and draws no random number by itself, so that a simulator can own all of them.
package engine
