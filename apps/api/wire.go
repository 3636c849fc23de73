//go:build wireinject

package main

import (
	"io"

	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// newDesk joins the office to its table and to the queue of parcels.
func newDesk(
	a *cloud.Access, out io.Writer, name functions.Name, s settings.Shared, options *engine.Options, rooms *backoffice.Options, jobs *backoffice.JobOptions,
) (*desk, error) {
	wire.Build(cloud.Serving, wire.Struct(new(desk), "*"))
	return nil, nil
}
