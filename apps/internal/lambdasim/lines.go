package lambdasim

import (
	"bytes"
	"io"
	"sync"
)

// lines lets many processes write to one writer without mixing their lines.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

// write hands over one piece. An error of the writer is dropped: a function does not die of its log.
func (l *lines) write(p []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = l.to.Write(p)
}

// lineWriter is the output of one process. It keeps the line that is not complete yet.
type lineWriter struct {
	lines *lines
	rest  []byte
}

// Write passes on each complete line; it never fails.
func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		end := bytes.IndexByte(w.rest, '\n')
		if end < 0 {
			return len(p), nil
		}
		w.lines.write(w.rest[:end+1])
		w.rest = w.rest[end+1:]
	}
}

// flush passes on what a process left without a line end when it died.
func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.lines.write(append(w.rest, '\n'))
		w.rest = nil
	}
}
