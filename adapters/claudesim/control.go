package claudesim

import "net/http"

// billBody is the answer of GET /sim/bill.
type billBody struct {
	Requests    int64  `json:"requests"`
	Answered    int64  `json:"answered"`
	TotalUSD    string `json:"total_usd"`
	AnsweredUSD string `json:"answered_usd"`
}

func (s *Sim) serveBill(w http.ResponseWriter, _ *http.Request) {
	b := s.Bill()
	writeJSON(w, http.StatusOK, billBody{b.Requests, b.Answered, b.Total.String(), b.AnsweredTotal.String()})
}

func (s *Sim) serveStats(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Stats())
}

// serveReset clears the bill and answers with it.
func (s *Sim) serveReset(w http.ResponseWriter, r *http.Request) {
	s.Reset()
	s.serveBill(w, r)
}
