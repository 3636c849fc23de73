package logobserver_test

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/ports"
)

func Example() {
	observer := logobserver.New(slog.New(slog.NewTextHandler(os.Stdout, nil)))
	observer.Observe(context.Background(), ports.Event{
		Name: ports.EventJobPaused, At: time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC),
		Tenant: "harbor-plumbing", Job: "job-1", Detail: "budget",
	})
	// Output:
	// time=2026-03-01T12:00:00.000Z level=INFO msg=job.paused tenant=harbor-plumbing job=job-1 detail=budget
}
