package cloud

import (
	"context"

	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Serving is the API's part: an office with its jobs, over an engine that takes orders and runs no work. What it cannot do itself the
// sweeper does. It needs an Access, the function's name, the settings, a writer for the log, and the options of both.
var Serving = wire.NewSet(
	wiring.Machine, wiring.Kinds, NewWatch, wire.Bind(new(ports.Observer), new(*Watch)), Records,
	wire.InterfaceValue(new(ports.Model), Silent{}), wire.Struct(new(engine.Ports), "Store", "Queue", "Model", "Clock", "Group", "IDs", "Observer"),
	engine.New, office.Rooms,
)

// Silent is the model of a function that makes no calls.
type Silent struct{}

// Call refuses.
func (Silent) Call(context.Context, job.Request) (ports.Reply, error) {
	return ports.Reply{}, fault.New(fault.Internal, "cloud: this function makes no calls")
}
