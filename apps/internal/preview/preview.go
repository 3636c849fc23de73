// Package preview has pages rendered by a program of their own: what cleans HTML makes tables as it is loaded, and a function that
// linked it would start later for a row that few ask for. The program is handed the content and nothing else, no environment either,
// and it is started anew for each page.
package preview

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Name is the program's file name: it lies beside the program that asks it.
const Name = "preview"

// longest is how long a page may take: it takes some milliseconds.
const longest = 5 * time.Second

// lastWords is how long a program that was told to stop may keep its output open.
const lastWords = time.Second

// Order is what the program reads from its standard input, as JSON.
type Order struct {
	Language catalog.Language `json:"language"`
	Content  pages.Content    `json:"content"`
}

// Program renders with the program at a path. It is safe for concurrent use.
type Program struct{ Path string }

// Beside is the program that lies beside another, as in the function's zip file.
func Beside(executable string) *Program {
	return &Program{Path: filepath.Join(filepath.Dir(executable), Name)}
}

// Render returns the document that the program writes. Errors: Internal when the program is missing, may not be run, or ends with an
// error; Unavailable when the machine cannot start it now, ends it, or it takes more than 5 seconds; the context's own error.
func (p *Program) Render(ctx context.Context, language catalog.Language, c pages.Content) (string, error) {
	asked, err := json.Marshal(Order{Language: language, Content: c})
	if err != nil {
		return "", fault.New(fault.Internal, "preview: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, longest)
	defer cancel()
	cmd := exec.CommandContext(limited, p.Path)
	cmd.Env, cmd.Stdin, cmd.WaitDelay = []string{}, bytes.NewReader(asked), lastWords
	document, err := cmd.Output()
	if err == nil {
		return string(document), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", fault.New(kind(err), "preview: %w%s", err, said(err))
}

// kind says whether what went wrong would go wrong again.
func kind(err error) fault.Kind {
	var exit *exec.ExitError
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, &exit) && exit.Exited() {
		return fault.Internal
	}
	return fault.Unavailable
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
