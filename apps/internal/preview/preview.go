// Package preview has pages rendered by a program of their own: what cleans HTML makes tables as it is loaded, and a function that
// linked it would start later for a row that few ask for. The program gets the content and nothing else: no environment, so no
// credentials, and it is asked anew for each page.
package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Name is the program's file name: it lies beside the program that asks it.
const Name = "preview"

// lastWords is how long a program that was told to stop may keep its output open.
const lastWords = time.Second

// Order is what the program reads from its standard input, as JSON.
type Order struct {
	Language catalog.Language `json:"language"`
	Content  pages.Content    `json:"content"`
}

// Program renders with the program at a path. It is safe for concurrent use.
type Program struct{ Path string }

// Render returns the document that the program writes. Errors: Unavailable when it cannot be started or fails, the context's own error.
func (p *Program) Render(ctx context.Context, language catalog.Language, c pages.Content) (string, error) {
	asked, err := json.Marshal(Order{Language: language, Content: c})
	if err != nil {
		return "", fault.New(fault.Internal, "preview: %w", err)
	}
	cmd := exec.CommandContext(ctx, p.Path)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = []string{}, bytes.NewReader(asked), lastWords
	document, err := cmd.Output()
	if err == nil {
		return string(document), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", fault.New(fault.Unavailable, "preview: %w%s", err, said(err))
}

// said is the first line that a failed program left.
func said(err error) string {
	var exit *exec.ExitError
	if !errors.As(err, &exit) || len(exit.Stderr) == 0 {
		return ""
	}
	line, _, _ := bytes.Cut(exit.Stderr, []byte("\n"))
	return ": " + string(line[:min(len(line), 200)])
}
