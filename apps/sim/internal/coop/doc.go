// Package coop runs a whole system on one thread: functions take turns as coroutines, and whoever owns the Scheduler
// decides who moves next, when time passes and which machine stops. It meets ports.Clock and ports.Group for the machines
// of a simulation, so that code written against the ports runs in it unchanged, and the same choices give the same run.
//
// A function gives way only where it waits or where a simulated port calls GiveWay; what lies between happens at once. No
// goroutine, no wall clock and no sleep is involved: iter.Pull switches coroutines directly.
package coop
