package claudesim

import "net/http"

// billBody is the answer of GET /sim/bill.
type billBody struct {
	Requests    int64  `json:"requests"`
	Answered    int64  `json:"answered"`
	TotalUSD    string `json:"total_usd"`
	AnsweredUSD string `json:"answered_usd"`
	Batched     int64  `json:"batched"`
	BatchedUSD  string `json:"batched_usd"`
	CacheWrite  int64  `json:"cache_write_tokens"`
	CacheRead   int64  `json:"cache_read_tokens"`
}

func (s *Sim) serveBill(w http.ResponseWriter, _ *http.Request) {
	b := s.Bill()
	writeJSON(w, http.StatusOK, billBody{
		Requests: b.Requests, Answered: b.Answered, TotalUSD: b.Total.String(), AnsweredUSD: b.AnsweredTotal.String(),
		Batched: b.Batched, BatchedUSD: b.BatchedTotal.String(),
		CacheWrite: b.CacheWriteTokens, CacheRead: b.CacheReadTokens,
	})
}

func (s *Sim) serveStats(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Stats())
}

// serveReset clears the bill and answers with it.
func (s *Sim) serveReset(w http.ResponseWriter, r *http.Request) {
	s.Reset()
	s.serveBill(w, r)
}
