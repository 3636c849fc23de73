package claudesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

const (
	// mostLines and mostBatchBody are the limits of one batch.
	mostLines     = 100_000
	mostBatchBody = 256 << 20
	// betaLongOutput is the beta header that allows 300,000 output tokens in batches.
	betaLongOutput = "output-300k-2026-03-24"
)

var customID = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// serveBatchCreate answers POST /v1/messages/batches.
func (s *Sim) serveBatchCreate(w http.ResponseWriter, r *http.Request) {
	body, refusal := s.readBody(r, mostBatchBody)
	if refusal != nil {
		s.refuse(w, refusal)
		return
	}
	if !s.admitBatchCall(w) {
		return
	}
	lines, err := readLines(body)
	if err != nil {
		s.refuse(w, asAPIError(err))
		return
	}
	if s.bill.reached() {
		s.refuse(w, spendCapReached())
		return
	}
	f := s.draw(body, groupCreate)
	s.stats.fault(f.fault)
	if f.fault == FaultBatchCreateReset {
		reset(w)
		return
	}
	b, refusal := s.createBatch(lines, f, w.Header().Get(headerRequestID), hasBeta(r, betaLongOutput))
	switch {
	case refusal != nil:
		s.refuse(w, refusal)
	case f.fault == FaultBatchCreateLost:
		reset(w)
	default:
		writeJSON(w, http.StatusOK, s.batchBody(b, r))
	}
}

// readLines reads the requests of a batch. What they ask for is checked only when they are done.
func readLines(body []byte) ([]*batchLine, error) {
	var top fields
	if err := json.Unmarshal(body, &top); err != nil || top == nil {
		return nil, errors.New("The request body is not valid JSON: it must be one JSON object") //nolint:staticcheck // ST1005: the API's own words
	}
	if err := top.only("", "requests"); err != nil {
		return nil, err
	}
	if !top.has("requests") {
		return nil, errors.New("requests: Field required")
	}
	var requests []fields
	switch err := json.Unmarshal(top["requests"], &requests); {
	case err != nil:
		return nil, errors.New("requests: Input should be a valid list of objects")
	case len(requests) == 0:
		return nil, errors.New("requests: List should have at least 1 item")
	case len(requests) > mostLines:
		return nil, fmt.Errorf("requests: List should have at most %d items", mostLines)
	}
	lines := make([]*batchLine, len(requests))
	seen := make(map[string]bool, len(requests))
	for i, request := range requests {
		id := text(request["custom_id"])
		switch {
		case !customID.MatchString(id):
			return nil, fmt.Errorf("requests.%d.custom_id: String should match pattern '%s'", i, customID)
		case seen[id]:
			return nil, fmt.Errorf("requests.%d.custom_id: custom_id must be unique within a batch, %s is not", i, id)
		case !strings.HasPrefix(string(request["params"]), "{"):
			return nil, fmt.Errorf("requests.%d.params: Field required", i)
		}
		if err := request.only(fmt.Sprintf("requests.%d.", i), "custom_id", "params"); err != nil {
			return nil, err
		}
		seen[id] = true
		lines[i] = &batchLine{id: id, params: request["params"]}
	}
	return lines, nil
}

// createBatch begins a batch, or refuses it when too many requests are waiting.
func (s *Sim) createBatch(lines []*batchLine, f fate, requestID string, long bool) (*batch, *apiError) {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	if s.batches.queued()+len(lines) > s.options.BatchQueue {
		return nil, s.queueFull()
	}
	b := &batch{id: f.batchID(), requestID: requestID, created: s.clock.seconds(), lines: lines, long: long, hash: f}
	for s.batches.byID[b.id] != nil { // after a reset, the same create is drawn once more
		f = s.draw([]byte(b.id), groupCreate)
		b.id = f.batchID()
	}
	for _, line := range lines {
		line.fate = s.draw(line.params, groupMessage)
		line.fate.fault = line.fate.fault.ofAnswer()
		line.fault = s.faults().pick(groupLine, line.fate.stream(streamBatchFault).Float64())
		s.stats.fault(line.fate.fault)
		s.stats.fault(line.fault)
	}
	s.schedule(b)
	s.batches.add(b)
	s.batches.work(s, b.created) // without latency it has ended by now
	return b, nil
}

// queueFull refuses a batch until others have got on.
func (s *Sim) queueFull() *apiError {
	const soon = 60 // simulated seconds
	return &apiError{
		status: http.StatusTooManyRequests, kind: kindRateLimit, retryAfter: s.clock.retryAfter(soon),
		message: fmt.Sprintf("This request would exceed your organization's limit of %d queued batch requests.", s.options.BatchQueue),
	}
}

func (f fate) batchID() string { return "msgbatch_01" + base62(f.hash[16:]) }

// hasBeta tells whether a beta is named in the request's headers.
func hasBeta(r *http.Request, beta string) bool {
	for _, header := range r.Header.Values("Anthropic-Beta") {
		for name := range strings.SplitSeq(header, ",") {
			if strings.TrimSpace(name) == beta {
				return true
			}
		}
	}
	return false
}
