// Command statesdoc writes docs/states.md: the states of jobs and tasks, every step between them, and the reasons and
// codes that go with them. The steps are core/job's own tables; what each name means, and what becomes of it when the
// process dies, are the comments of its constants. `make generate` runs it.
//
//	go run ./apps/internal/statesdoc > docs/states.md
//
// It exits with 0 when it has written, 1 when the comments and the tables do not fit together or a file cannot be read or
// written, 2 when its flags cannot be used.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("statesdoc", flag.ContinueOnError)
	flags.SetOutput(stderr)
	source := flags.String("source", "core/job", "folder of package job")
	out := flags.String("out", "", "file to write; empty for the standard output")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "statesdoc: unexpected argument %q: it takes flags alone\n", flags.Arg(0))
		return 2
	}
	if err := write(*source, *out, stdout); err != nil {
		fmt.Fprintln(stderr, "statesdoc:", err)
		return 1
	}
	return 0
}

func write(source, out string, stdout io.Writer) error {
	page, err := page(source)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = stdout.Write(page)
		return err
	}
	return os.WriteFile(out, page, 0o644) //nolint:gosec // a page is for everybody to read
}
