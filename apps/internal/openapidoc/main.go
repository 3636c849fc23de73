// Command openapidoc writes the contract of the HTTP API, or says where the one that is there differs.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

func main() {
	out := flag.String("out", "openapi.json", "the `FILE` to write")
	flag.Parse()
	if err := run(*out); err != nil {
		fmt.Fprintln(os.Stderr, "openapidoc:", err)
		os.Exit(1)
	}
}

func run(out string) error {
	body, err := httpapi.Contract(httpapi.ContractVersion)
	if err != nil {
		return err
	}
	return os.WriteFile(out, body, 0o600)
}
