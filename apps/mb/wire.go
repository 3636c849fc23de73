//go:build wireinject

package main

import (
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// newSystem joins an engine, its queue and its worker over what flags and files have chosen.
func newSystem(
	records ports.Store, model ports.Model, batch ports.BatchModel, observer ports.Observer, kinds []job.Kind, options *engine.Options, work *localworker.Options,
) (*system, error) {
	wire.Build(
		wiring.Machine, wiring.Engine, wiring.Local, wiring.NewQueue,
		newFocus, wire.Bind(new(ports.Queue), new(*focus)), wire.Bind(new(ports.Sender), new(*focus)),
		wire.Struct(new(local), "*"), wire.Bind(new(crew), new(*local)),
		wire.Struct(new(system), "*"),
	)
	return nil, nil
}

// newDistant joins an engine to the store and the queue of a deployment.
func newDistant(
	records ports.Store, queue ports.Sender, model ports.Model, batch ports.BatchModel, observer ports.Observer, kinds []job.Kind, options *engine.Options,
) (*engine.Engine, error) {
	wire.Build(wiring.Machine, wiring.Engine)
	return nil, nil
}
