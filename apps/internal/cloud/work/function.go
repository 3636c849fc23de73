package work

import (
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Common is what worker and sweeper have: the machine, a watch, store and queue, Claude, and the engine's options. It needs an
// Access, the function's name, the settings, and a writer for the log.
var Common = wire.NewSet(
	wiring.Machine, wiring.Kinds, settings.EngineOptions, cloud.NewWatch, wire.Bind(new(ports.Observer), new(*cloud.Watch)), cloud.Records, Voice,
)

// Worker is the worker's part: an engine without a notifier, driven by messages.
var Worker = wire.NewSet(wiring.Engine, NewWorkOptions, lambdaworker.NewWorker)

// Sweeper is the sweeper's part: an engine that hands out notices too, driven by a schedule and by dead letters, and the office.
var Sweeper = wire.NewSet(wire.Struct(new(engine.Ports), "*"), engine.New, NewNotifier, Keeping, NewSweepOptions, lambdaworker.NewSweeper)

// NewWorkOptions are the options of a worker. It begins to read the key with the first event, beside all that is read of a
// job before its first call: begun at the start it would hold up the question for that event. What was counted is written at
// the end of each invocation.
func NewWorkOptions(calls settings.Calls, secrets *ssmsecrets.Secrets, w *cloud.Watch) *lambdaworker.Options {
	return &lambdaworker.Options{Reserve: calls.Reserve, Calls: calls.Calls, Before: secrets.Prefetch, After: w.Flush}
}
