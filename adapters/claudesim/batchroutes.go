package claudesim

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// batchBody is a batch as the API shows it.
type batchBody struct {
	ID                string      `json:"id"`
	Type              string      `json:"type"`
	ProcessingStatus  batchStatus `json:"processing_status"`
	RequestCounts     batchCounts `json:"request_counts"`
	EndedAt           *string     `json:"ended_at"`
	CreatedAt         string      `json:"created_at"`
	ExpiresAt         string      `json:"expires_at"`
	ArchivedAt        *string     `json:"archived_at"`
	CancelInitiatedAt *string     `json:"cancel_initiated_at"`
	ResultsURL        *string     `json:"results_url"`
}

type batchCounts struct {
	Processing int `json:"processing"`
	Succeeded  int `json:"succeeded"`
	Errored    int `json:"errored"`
	Canceled   int `json:"canceled"`
	Expired    int `json:"expired"`
}

func (c *batchCounts) add(outcome lineOutcome) {
	switch outcome {
	case lineSucceeded:
		c.Succeeded++
	case lineErrored:
		c.Errored++
	case lineCanceled:
		c.Canceled++
	case lineExpired:
		c.Expired++
	}
}

const batchesPath = "/v1/messages/batches"

// batchBody shows a batch. Times are the wall's: a day of the simulator is shorter when it runs faster.
func (s *Sim) batchBody(b *batch, r *http.Request) batchBody {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	return s.showBatch(b, r)
}

func (s *Sim) showBatch(b *batch, r *http.Request) batchBody {
	shown := batchBody{
		ID: b.id, Type: "message_batch", ProcessingStatus: b.status(), RequestCounts: batchCounts{Processing: len(b.lines)},
		CreatedAt: s.stamp(b.created), ExpiresAt: s.stamp(b.created + batchLife),
	}
	optional := func(seconds float64) *string {
		if seconds > s.clock.seconds() {
			return nil
		}
		stamp := s.stamp(seconds)
		return &stamp
	}
	shown.CancelInitiatedAt = optional(b.canceled)
	shown.ArchivedAt = optional(b.created + batchKept)
	if b.counts != nil {
		shown.RequestCounts = *b.counts
		shown.EndedAt = optional(b.ends)
		results := (&url.URL{Scheme: scheme(r), Host: r.Host, Path: batchesPath + "/" + b.id + "/results"}).String()
		shown.ResultsURL = &results
	}
	return shown
}

// stamp is a simulated time as the wall's clock shows it.
func (s *Sim) stamp(seconds float64) string {
	ns := min(seconds/s.clock.speed*float64(time.Second), math.MaxInt64/2)
	return s.clock.start.Add(time.Duration(ns)).UTC().Format("2006-01-02T15:04:05.000000Z")
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// admitBatchCall counts a call of a batch route against the limit that all of them share.
func (s *Sim) admitBatchCall(w http.ResponseWriter) bool {
	_, wait := s.limits.admit(batchPool, 0, s.clock.seconds())
	s.addLimits(w.Header(), batchPool)
	if wait > 0 {
		s.refuse(w, s.batchRateLimited(wait))
		return false
	}
	return true
}

// batchCall checks a call that names a batch and finds it; nil means that it was refused.
func (s *Sim) batchCall(w http.ResponseWriter, r *http.Request) *batch {
	if e := s.authenticate(r); e != nil {
		s.refuse(w, e)
		return nil
	}
	if !s.admitBatchCall(w) {
		return nil
	}
	id, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, batchesPath+"/"), "/")
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	b := s.batches.byID[id]
	if b == nil {
		s.refuse(w, notFound("Message Batch "+id+" not found"))
	}
	return b
}

// serveBatch answers GET /v1/messages/batches/{id}.
func (s *Sim) serveBatch(w http.ResponseWriter, r *http.Request) {
	if b := s.batchCall(w, r); b != nil {
		writeJSON(w, http.StatusOK, s.batchBody(b, r))
	}
}

// serveBatchCancel answers POST /v1/messages/batches/{id}/cancel. A batch that has ended cannot be cancelled;
// one that is being cancelled is shown.
func (s *Sim) serveBatchCancel(w http.ResponseWriter, r *http.Request) {
	b := s.batchCall(w, r)
	if b == nil {
		return
	}
	s.batches.mu.Lock()
	ended := b.counts != nil
	if !ended {
		b.cancel(s.clock.seconds(), s.batchMedian())
	}
	s.batches.mu.Unlock()
	if ended {
		s.refuse(w, invalid("Message Batch %s has ended and cannot be canceled", b.id))
		return
	}
	writeJSON(w, http.StatusOK, s.batchBody(b, r))
}

type deletedBatch struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// serveBatchDelete answers DELETE /v1/messages/batches/{id}, which takes batches that have ended.
func (s *Sim) serveBatchDelete(w http.ResponseWriter, r *http.Request) {
	b := s.batchCall(w, r)
	if b == nil {
		return
	}
	s.batches.mu.Lock()
	ended := b.counts != nil
	if ended {
		delete(s.batches.byID, b.id)
		s.batches.list = slices.DeleteFunc(s.batches.list, func(other *batch) bool { return other == b })
	}
	s.batches.mu.Unlock()
	if !ended {
		s.refuse(w, invalid("Message Batch %s cannot be deleted while it is in progress. Cancel it first.", b.id))
		return
	}
	writeJSON(w, http.StatusOK, deletedBatch{b.id, "message_batch_deleted"})
}

// serveBatches answers GET /v1/messages/batches, newest first.
func (s *Sim) serveBatches(w http.ResponseWriter, r *http.Request) {
	if e := s.authenticate(r); e != nil {
		s.refuse(w, e)
		return
	}
	if !s.admitBatchCall(w) {
		return
	}
	s.batches.mu.Lock()
	newest := slices.Clone(s.batches.list)
	s.batches.mu.Unlock()
	slices.Reverse(newest)
	page, e := cutPage(newest, r.URL.Query(), func(b *batch) string { return b.id })
	if e != nil {
		s.refuse(w, e)
		return
	}
	writeJSON(w, http.StatusOK, listOf(page, func(b *batch) batchBody { return s.batchBody(b, r) }))
}
