package claudesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

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

// outageBody is the body of POST /sim/outage: durations as text, rates by the names of the faults.
type outageBody struct {
	After, For string
	Status     int
	Faults     map[Fault]float64
}

// serveOutage plans an outage.
func (s *Sim) serveOutage(w http.ResponseWriter, r *http.Request) {
	o, err := readOutage(r)
	if err == nil {
		err = s.Schedule(o)
	}
	if err != nil {
		s.refuse(w, invalid("%s", err.Error()))
		return
	}
	s.serveStats(w, r)
}

func readOutage(r *http.Request) (o Outage, err error) {
	body := outageBody{After: "0s"}
	if err := readControl(r, &body); err != nil {
		return o, err
	}
	if o.After, err = time.ParseDuration(body.After); err != nil {
		return o, errDuration
	}
	if o.For, err = time.ParseDuration(body.For); err != nil {
		return o, errDuration
	}
	o.Status = body.Status
	for name, rate := range o.Faults.All() {
		*rate = body.Faults[name]
		delete(body.Faults, name)
	}
	for name := range body.Faults {
		return o, fmt.Errorf("there is no fault %q", name)
	}
	return o, nil
}

// serveRecover ends all outages.
func (s *Sim) serveRecover(w http.ResponseWriter, r *http.Request) {
	s.Recover()
	s.serveStats(w, r)
}

// serveKey changes the accepted key.
func (s *Sim) serveKey(w http.ResponseWriter, r *http.Request) {
	var body struct{ Key string }
	if err := readControl(r, &body); err != nil {
		s.refuse(w, invalid("%s", err.Error()))
		return
	}
	s.Rotate(body.Key)
	s.serveStats(w, r)
}

// readControl reads the JSON body of a request to the simulator itself.
func readControl(r *http.Request, body any) error {
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(body); err != nil {
		return fmt.Errorf("the request body is not what this route reads: %w", err)
	}
	return nil
}
