//go:build wireinject

package main

import (
	"io"

	"github.com/google/wire"

	"github.com/marketbrewer/marketbrewer/adapters/lambdaworker"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud/work"
	"github.com/marketbrewer/marketbrewer/apps/internal/functions"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
)

// newSweeper joins the engine to its table, its queues and Claude, and sweeps from Lambda.
func newSweeper(a *cloud.Access, out io.Writer, name functions.Name, s settings.Shared, claude settings.Claude, calls settings.Calls, notices settings.NoticesQueueURL) (*lambdaworker.Sweeper, error) {
	wire.Build(work.Common, work.Sweeper)
	return nil, nil
}
