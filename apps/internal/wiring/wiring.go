// Package wiring holds the provider sets from which the programs' injectors are generated: what a program is made of,
// apart from what it is told by its flags. Adapters know nothing of it, and nothing of each other; here they meet.
//
// An injector is a function in a file wire.go of a program; its generated body, wire_gen.go, stands beside it.
package wiring

import (
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Machine is what the machine itself gives: time, concurrency, ids and chance.
var Machine = wire.NewSet(
	wire.InterfaceValue(new(ports.Clock), sysclock.Clock{}),
	wire.InterfaceValue(new(ports.Group), sysclock.Group{}),
	sysclock.NewIDs,
	wire.Bind(new(ports.IDs), new(*sysclock.IDs)),
)

// Engine is the engine over its ports. It needs a store, the sending half of a queue, a model, a model of batches, an
// observer, the kinds and the options; there is no notifier, so that notices stay in the outbox.
var Engine = wire.NewSet(
	wire.Struct(new(engine.Ports), "Store", "Queue", "Model", "Batch", "Clock", "Group", "IDs", "Observer"),
	engine.New,
)

// Local is what drives the engine inside one process. It needs a queue and the options of the worker.
var Local = wire.NewSet(localworker.New)

// Kinds are the kinds of job that MarketBrewer's programs do.
func Kinds() []job.Kind { return []job.Kind{pages.Kind{}} }

// NewQueue returns the queue of a program that works alone. It never gives a message up: what it loses with its process
// the sweeper finds.
func NewQueue(clock ports.Clock) *memqueue.Queue {
	return memqueue.New(clock, &memqueue.Options{MaxReceives: -1})
}
