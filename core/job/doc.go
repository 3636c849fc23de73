// Package job holds what the engine works on: Job, Task, Shard and Parcel with their states, the one table of allowed
// transitions, their stored forms, and the Kind and Plan interfaces by which other teams bring their own work.
//
// A program reads its own version of a record and all before it; a newer one is fault.Newer. See Schema.
//
// Everything here is a value; nothing reads a clock or a store. What moves the values is core/engine.
package job

//go:generate go run ../../apps/internal/statesdoc -source . -out ../../docs/states.md
