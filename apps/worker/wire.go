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

// newWorker joins the engine to its table, its queue and Claude, and drives it from Lambda.
func newWorker(a *cloud.Access, out io.Writer, name functions.Name, s settings.Shared, claude settings.Claude, calls settings.Calls) (*lambdaworker.Worker, error) {
	wire.Build(work.Common, work.Worker)
	return nil, nil
}
