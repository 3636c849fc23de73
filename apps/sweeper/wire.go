//go:build wireinject

package main

import (
	"io"

	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// newSweeper joins the engine to its table, its queue and Claude, and sweeps from Lambda.
func newSweeper(a *cloud.Access, out io.Writer, name cloud.Name, s settings.Shared, claude settings.Claude, calls settings.Calls) (*lambdaworker.Sweeper, error) {
	wire.Build(cloud.Function, cloud.Records, cloud.Voice, cloud.NewWorkOptions, lambdaworker.NewSweeper)
	return nil, nil
}
