//go:build wireinject

package main

import (
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
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

// newServed joins everything that mb serve is but the HTTP server: an engine with its queue and its worker, and the office.
func newServed(
	records ports.Store, model ports.Model, batch ports.BatchModel, observer ports.Observer, kinds []job.Kind, options *engine.Options, work *localworker.Options,
	rooms *backoffice.Options, jobs *backoffice.JobOptions,
) (*served, error) {
	wire.Build(
		wiring.Machine, wiring.Local, wiring.NewQueue, office.House,
		wire.Bind(new(ports.Queue), new(*memqueue.Queue)), wire.Bind(new(ports.Sender), new(*memqueue.Queue)),
		wire.Struct(new(office.Upkeep), "*"), wire.Struct(new(served), "*"),
	)
	return nil, nil
}

// newOffice joins an office to a store that nobody works on here.
func newOffice(records ports.Store, observer ports.Observer, options *backoffice.Options) (*backoffice.Office, error) {
	wire.Build(wiring.Machine, wire.Struct(new(backoffice.Ports), "*"), backoffice.New)
	return nil, nil
}
