// Command openapidoc writes the contract of the HTTP API.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// run writes the contract to the file that the arguments name, and returns the exit code.
func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("openapidoc", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "openapi.json", "the `FILE` to write")
	if flags.Parse(args) != nil {
		return 2
	}
	body, err := httpapi.Contract(httpapi.ContractVersion)
	if err == nil {
		err = os.WriteFile(*out, body, 0o600)
	}
	if err != nil {
		fmt.Fprintln(stderr, "openapidoc:", err)
		return 1
	}
	return 0
}
