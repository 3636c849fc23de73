// Package ports says what the engine needs from the world: small interfaces and the values that cross them.
//
// An adapter meets one port and holds no rules; porttest has one conformance suite for each port, and an adapter is done
// when it passes. Every port speaks in the kinds of core/fault, takes the context first and passes its errors through
// unwrapped. Nothing here imports the engine.
package ports
