// Package faultport breaks ports on purpose: it wraps any of them and fails, delays, hangs, or loses the acknowledgement
// of, the nth call of a method.
//
// A test makes a Plan, wraps its ports with it and runs; Calls then tells how often each method ran, so that the test can
// be run again with every one of those calls broken in turn. Without a matching rule a wrapped port is the port itself.
package faultport
