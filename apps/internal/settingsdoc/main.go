// Command settingsdoc writes docs/settings.md: every environment variable of the functions in the cloud, and how the
// settings of a deployment must fit together. Names and defaults are package settings' own tags, the relations its own
// table; what each setting means is the comment of its field. `make generate` runs it.
//
//	go run ./apps/internal/settingsdoc > docs/settings.md
//
// It exits with 0 when it has written, 1 when a field has no comment or a file cannot be read or written, 2 when its flags
// cannot be used.
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
	flags := flag.NewFlagSet("settingsdoc", flag.ContinueOnError)
	flags.SetOutput(stderr)
	source := flags.String("source", "apps/internal/settings", "folder of package settings")
	out := flags.String("out", "", "file to write; empty for the standard output")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(stderr, "settingsdoc: unexpected argument %q: it takes flags alone\n", flags.Arg(0))
		return 2
	}
	if err := write(*source, *out, stdout); err != nil {
		fmt.Fprintln(stderr, "settingsdoc:", err)
		return 1
	}
	return 0
}

func write(source, out string, stdout io.Writer) error {
	comments, err := comments(source)
	if err != nil {
		return err
	}
	page, err := page(comments)
	if err != nil {
		return err
	}
	if out == "" {
		_, err = stdout.Write(page)
		return err
	}
	return os.WriteFile(out, page, 0o644) //nolint:gosec // a page is for everybody to read
}
