// Command lint helps apps/deploy/lint/run: it prints the template in the form that cfn-guard understands whole, and holds
// what cfn-guard reports against the list of suppressions.
//
//	go run ./apps/deploy/lint json < template.yaml > template.json
//	go run ./apps/deploy/lint judge apps/deploy/lint/suppressions < report.json
//
// It exits with 0 when nothing is left to say, 1 when something is, 2 when it is called in another way.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	var err error
	switch {
	case len(args) == 1 && args[0] == "json":
		err = asJSON(stdin, stdout)
	case len(args) == 2 && args[0] == "judge":
		err = judge(stdin, args[1], stdout)
	default:
		fmt.Fprintln(stderr, "lint: say json, or judge and the file of suppressions")
		return 2
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func asJSON(template io.Reader, out io.Writer) error {
	data, err := io.ReadAll(template)
	if err != nil {
		return err
	}
	t, err := deploy.Parse(data)
	if err != nil {
		return err
	}
	text, err := t.JSON()
	if err != nil {
		return err
	}
	_, err = out.Write(append(text, '\n'))
	return err
}
