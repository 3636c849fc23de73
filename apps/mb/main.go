// Command mb is the one binary that a person uses: it makes the pages of a business with Claude from one command, and
// looks after the jobs, the money and the catalog files around it.
//
// The commands hold no rules: they turn flags and files into what core asks for, open the adapters, and show what came of
// it. Results go to standard output, progress and errors to standard error, and the exit code says how it ended.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

func main() {
	// Two signals may come before anybody looks: the wish to stop, and the wish to stop at once.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	os.Exit(run(context.Background(), os.Args[1:], world{
		stdout: os.Stdout, stderr: os.Stderr, env: os.Getenv, width: width, signals: signals,
	}))
}

// width is the number of columns of the terminal that standard error is, 0 when it is none.
func width() int {
	if columns, _, err := term.GetSize(int(os.Stderr.Fd())); err == nil {
		return columns
	}
	return 0
}
