package cloud

import (
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Function is what every function has: the machine, a watch, and the engine. It needs a store, the sending half of a queue,
// a model, a model of batches, and the settings.
var Function = wire.NewSet(
	wiring.Machine, wiring.Engine, wiring.Kinds, settings.EngineOptions,
	NewWatch, wire.Bind(new(ports.Observer), new(*Watch)),
)

// NewWorkOptions are the options of a worker or a sweeper. What was counted is written at the end of each invocation.
func NewWorkOptions(calls settings.Calls, w *Watch) *lambdaworker.Options {
	return &lambdaworker.Options{Reserve: calls.Reserve, Calls: calls.Calls, After: w.Flush}
}
