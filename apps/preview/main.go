// Command preview renders one page for the API's function, beside which it lies: a page as JSON comes in, an HTML document goes out.
// See apps/internal/preview.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/apps/internal/preview"
)

func main() { os.Exit(run(os.Stdin, os.Stdout, os.Stderr)) }

// run is the program. What goes wrong is one line of problems, and its exit code is then 1.
func run(in io.Reader, out, problems io.Writer) int {
	if err := render(in, out); err != nil {
		_, _ = fmt.Fprintln(problems, "preview:", err)
		return 1
	}
	return 0
}

func render(in io.Reader, out io.Writer) error {
	var order preview.Order
	if err := json.NewDecoder(in).Decode(&order); err != nil {
		return fmt.Errorf("the order cannot be read: %w", err)
	}
	document, err := pagehtml.New().Render(context.Background(), order.Language, order.Content)
	if err == nil {
		_, err = io.WriteString(out, document)
	}
	return err
}
