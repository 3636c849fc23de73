package remote

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Export writes a job's ledger as the API has it: csv, or ndjson. The file comes in parts, and nothing of it is written before the last part is
// there: what broke off between two rows would look whole. Until then it is kept in a file of the system's folder for such.
func (c *Client) Export(ctx context.Context, business string, id job.ID, format string, to io.Writer) error {
	kept, err := os.CreateTemp("", "mb-ledger-")
	if err != nil {
		return unkept(err)
	}
	defer func() {
		_ = kept.Close()
		_ = os.Remove(kept.Name())
	}()
	if err := c.parts(ctx, jobPath(business, id)+"/ledger/export?format="+format, kept); err != nil {
		return err
	}
	if _, err := kept.Seek(0, io.SeekStart); err != nil {
		return unkept(err)
	}
	out := &sink{to: to}
	_, err = io.Copy(out, kept)
	switch {
	case out.failed != nil:
		return fault.New(fault.Unavailable, "standard output cannot be written to: %w", out.failed)
	case err != nil:
		return unkept(err)
	}
	return nil
}

// parts follows a file from its first part on.
func (c *Client) parts(ctx context.Context, path string, to io.Writer) error {
	for cursor := ""; ; {
		part := path
		if cursor != "" {
			part += "&cursor=" + url.QueryEscape(cursor)
		}
		next, err := c.part(ctx, part, to)
		if err != nil || next == "" {
			return err
		}
		if next == cursor {
			return c.strange() // or it would never end
		}
		cursor = next
	}
}

// part writes one part and returns the cursor of the next one, "" after the last.
func (c *Client) part(ctx context.Context, path string, to io.Writer) (next string, err error) {
	answer, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	out := &sink{to: to}
	if _, err := io.Copy(out, answer.Body); err != nil {
		if out.failed != nil {
			return "", unkept(out.failed)
		}
		return "", c.broken(ctx, err)
	}
	return c.next(answer.Header.Get("Link"))
}

// next is the cursor of a Link to the next part. Nothing else of the link counts: the token goes where it has gone before.
func (c *Client) next(link string) (cursor string, err error) {
	if link == "" {
		return "", nil
	}
	target, rel, _ := strings.Cut(strings.TrimPrefix(link, "<"), ">")
	to, err := url.Parse(target)
	if err != nil || !strings.Contains(rel, `rel="next"`) || to.Query().Get("cursor") == "" {
		return "", c.strange()
	}
	return to.Query().Get("cursor"), nil
}

func unkept(err error) error {
	return fault.New(fault.Unavailable, "the parts of the ledger cannot be kept in the folder for temporary files: %w", err)
}

// sink remembers whether it was the writing that failed.
type sink struct {
	to     io.Writer
	failed error
}

// Write implements io.Writer.
func (s *sink) Write(p []byte) (n int, err error) {
	n, err = s.to.Write(p)
	s.failed = err
	return n, err
}
