// Command claudesim serves a simulated Claude API on a local port: the routes, rules, limits, latency, faults
// and prices of the real one, with a bill of its own at /sim/bill. It is for tests and rehearsals; nothing
// leaves the machine and nothing costs money.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// After the first signal the usual handling is back, so that a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
