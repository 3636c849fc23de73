package claudesim

import (
	"encoding/json"
	"errors"
	"fmt"
)

// mostBreakpoints is how many cache_control marks a request may have.
const mostBreakpoints = 4

// readCacheControl reads the automatic breakpoint, which is the last block's.
func (s *Sim) readCacheControl(q *request, raw json.RawMessage) (err error) {
	q.autoKept, err = q.addBreakpoint(raw, "cache_control")
	return err
}

// addBreakpoint reads a cache_control mark and says how many seconds it keeps the prefix.
func (q *request) addBreakpoint(raw json.RawMessage, path string) (kept float64, err error) {
	mark, err := object(raw, path, "type", "ttl")
	if err != nil {
		return 0, err
	}
	if _, err := oneOf(mark["type"], path+".type", "ephemeral"); err != nil {
		return 0, err
	}
	ttl := "5m"
	if mark.has("ttl") {
		if ttl, err = oneOf(mark["ttl"], path+".ttl", "5m", "1h"); err != nil {
			return 0, err
		}
	}
	if q.breakpoints++; q.breakpoints > mostBreakpoints {
		return 0, fmt.Errorf("A maximum of %d blocks with cache_control may be provided", mostBreakpoints) //nolint:staticcheck // ST1005: the API's own words
	}
	if ttl == "1h" {
		return longKept, nil
	}
	return shortKept, nil
}

// checkBreakpoints wants those that are kept longer first.
func (q *request) checkBreakpoints() error {
	if q.breakpoints == 0 {
		return nil
	}
	short := false
	for _, b := range q.blocks() {
		if short && b.kept == longKept {
			return errors.New("cache_control: a ttl='1h' block must not come after a ttl='5m' block; blocks come in the order `tools`, `system`, `messages`")
		}
		short = short || b.kept == shortKept
	}
	return nil
}
