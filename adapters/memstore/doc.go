// Package memstore keeps records in memory: for tests, for the simulator and for runs that nobody needs to resume.
//
// It meets ports.Store by the same optimistic steps as a store on a network (fetch, decide, validate, commit), so that
// conflicts, torn reads and lost acknowledgements can be brought about through its hooks. Nothing outlives the process.
package memstore
