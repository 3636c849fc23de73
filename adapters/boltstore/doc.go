// Package boltstore keeps records in one file on this machine, by go.etcd.io/bbolt: the store of programs that run
// without a cloud, and of every job that must outlive its process.
//
// What an Update wrote is on the disk (synced, never merely handed to the system) before Update returns. Decisions run in
// their callers' goroutines against the newest state, on disk or about to be; one goroutine writes what has gathered since
// its last commit in one transaction, so that many Updates share the two syncs of a commit. One process at a time has
// the file open. The layout of the file is told in docs/store.md.
package boltstore
