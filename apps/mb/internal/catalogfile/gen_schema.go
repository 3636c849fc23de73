//go:build ignore

// This program writes the JSON Schema of catalog files to the file that it is given.
package main

import (
	"log"
	"os"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
)

func main() {
	if err := os.WriteFile(os.Args[1], catalogfile.Schema(), 0o644); err != nil {
		log.Fatal(err)
	}
}
