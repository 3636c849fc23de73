package office

import (
	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Rooms are an office and its jobs. They need a store, a clock, ids, an observer, an engine over the same store, and the options.
var Rooms = wire.NewSet(wire.Struct(new(backoffice.Ports), "*"), backoffice.New, backoffice.NewJobs)

// House is Rooms with an engine whose notices go to the office, which makes a delivery of each for every webhook that wants it. It needs
// a store, the sending half of a queue, a model, a model of batches, what wiring.Machine has, an observer, the kinds and the options.
var House = wire.NewSet(
	Rooms, wire.Bind(new(ports.Notifier), new(*backoffice.Office)), wire.Struct(new(engine.Ports), "*"), engine.New,
)
