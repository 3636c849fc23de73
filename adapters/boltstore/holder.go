package boltstore

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// holder says who has the store file open, for the error of whoever comes second. It stands in a file beside the store
// file, which may be left over from a process that died: the lock on the store file is the truth, this is its label.
type holder struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	// Info is what the process is doing, one line.
	Info string `json:"info,omitempty"`

	// path is that of the label. It is absolute, so that it stays the same when the process changes its folder.
	path string
}

// newHolder returns the label of this process for a store file.
func newHolder(path string, now time.Time) holder {
	label := holderPath(path)
	if absolute, err := filepath.Abs(label); err == nil {
		label = absolute
	}
	return holder{PID: os.Getpid(), Started: now, path: label}
}

func holderPath(path string) string { return path + ".lock" }

// write replaces the label as a whole, so that nobody reads half of it.
func (h holder) write() error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	fresh := h.path + ".new"
	if err := os.WriteFile(fresh, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, h.path)
}

// lockedBy is the error of an Open that found the file in use.
func lockedBy(path string) error {
	who := "another process"
	var h holder
	if text, err := os.ReadFile(holderPath(path)); err == nil && json.Unmarshal(text, &h) == nil && alive(h.PID) {
		who = fmt.Sprintf("process %d", h.PID)
		if h.PID == os.Getpid() {
			who = fmt.Sprintf("this process, %d", h.PID)
		}
		if info := fault.OneLine(errors.New(h.Info), 200); info != "" {
			who += " (" + info + ")"
		}
	}
	return fault.New(fault.Locked, "boltstore: %s is in use by %s: wait for it to end, or stop it", path, who)
}

// SetHolder says in one line what this process does with the store, such as "job 0192...". A process that finds the file
// in use names it in its error. Errors: Unavailable when it cannot be written, or the store is closed.
func (s *Store) SetHolder(info string) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	s.holderMu.Lock()
	defer s.holderMu.Unlock()
	s.holder.Info = info
	if err := s.holder.write(); err != nil {
		return fault.New(fault.Unavailable, "boltstore: say who holds %s: %w", s.path, err)
	}
	return nil
}
