// Package sysclock is the real machine: time, goroutines and chance.
//
// It meets ports.Clock, ports.Group and ports.IDs. It holds no rules and keeps no goroutine of its own: all that it
// starts has ended when the call that started it returns.
package sysclock
