package main

import (
	"context"
	"io"
	"log"
	"log/slog"
	"sync"

	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// diary is the log of mb serve. It also keeps which jobs have ended, for whoever learns from them.
type diary struct {
	*logobserver.Observer
	logger *slog.Logger

	mu    sync.Mutex
	ended []job.ID
}

// newDiary logs to w: the life of jobs, and every call and page too at a level above 0.
func newDiary(w io.Writer, level int, asJSON bool) *diary {
	least := slog.LevelInfo
	if level > 0 {
		least = slog.LevelDebug
	}
	logger := slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: least}))
	if asJSON {
		logger = logobserver.NewJSON(w, least)
	}
	return &diary{Observer: logobserver.New(logger), logger: logger}
}

// Observe writes the event.
func (d *diary) Observe(ctx context.Context, event ports.Event) {
	d.Observer.Observe(ctx, event)
	if event.Name != ports.EventJobEnded {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ended = append(d.ended, job.ID(event.Job))
}

// taken are the jobs that have ended since it was asked the last time.
func (d *diary) taken() []job.ID {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := d.ended
	d.ended = nil
	return list
}

// errors is where the HTTP server tells of broken connections, which are everyday.
func (d *diary) errors() *log.Logger { return slog.NewLogLogger(d.logger.Handler(), slog.LevelDebug) }
