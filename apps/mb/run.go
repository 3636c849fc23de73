package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// world is what the program has of the process that it runs in.
type world struct {
	stdout, stderr io.Writer
	// env reads an environment variable. The program reads ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL and NO_COLOR,
	// MB_SERVER and MB_TOKEN; the SDK of AWS
	// reads its own by itself.
	env func(string) string
	// width is the number of columns of the terminal that stderr is, 0 when it is none.
	width func() int
	// reach opens a deployment on AWS; nil for deployment.Open, which needs a network.
	reach func(context.Context, deployment.Access) (*deployment.Deployment, error)
	// looks is the least time between two looks at a job of a deployment; 0 for a second.
	looks time.Duration
	// quiet is how long a deployment may take nothing of a job before the person is told; 0 for a minute.
	quiet time.Duration
	// now is the time; nil for the machine's.
	now func() time.Time
	// signals carries the wishes to stop; nil for none.
	signals <-chan os.Signal
}

// run is the program. It returns the exit code; an error has then been told in one line on stderr.
func run(ctx context.Context, args []string, w world) (code int) {
	defer func() {
		if met := recover(); met != nil {
			code = report(w.stderr, fault.New(fault.Internal, "this is a bug in mb, please report it: %v", met))
		}
	}()
	w.stderr = &serial{w: w.stderr}
	if w.reach == nil {
		w.reach = deployment.Open
	}
	stop, release := listen(ctx, w.signals)
	defer release()
	root := newRoot(&app{world: w, stop: stop})
	root.SetArgs(append([]string{}, args...)) // for nil it would take those of the process
	root.SetOut(w.stdout)
	root.SetErr(w.stderr)
	err := root.ExecuteContext(stop.hard)
	return report(w.stderr, err)
}

// serial is a writer for several goroutines.
type serial struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes what one goroutine has to say in one piece.
func (s *serial) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.w.Write(p)
}

// app is what the commands share.
type app struct {
	world
	stop   interrupts
	server serverFlags
}

// today is the time in UTC.
func (a *app) today() time.Time {
	if a.now != nil {
		return a.now().UTC()
	}
	return sysclock.Clock{}.Now().UTC()
}

// note writes one line for the person to stderr.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}
