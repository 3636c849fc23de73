package remote

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Verified is what came of deriving books again.
type Verified struct {
	OK       bool  `json:"ok"`
	Jobs     int   `json:"jobs"`
	Entries  int64 `json:"entries"`
	Shards   int   `json:"shards"`
	Problems []struct {
		Job   job.ID `json:"job_id"`
		Kind  string `json:"kind"`
		Shard int    `json:"shard"`
		Seq   int64  `json:"seq"`
	} `json:"problems"`
	// Raw is the whole answer as it came.
	Raw json.RawMessage `json:"-"`
}

// Verify derives the books of a job again; with an empty id those of all jobs that there are.
func (c *Client) Verify(ctx context.Context, business string, id job.ID) (v Verified, err error) {
	path := "/api/ledger/verify"
	if id != "" {
		path = jobPath(business, id) + "/ledger/verify"
	}
	if err := c.post(ctx, path, nil, &v.Raw); err != nil {
		return v, err
	}
	if json.Unmarshal(v.Raw, &v) != nil {
		return v, c.strange()
	}
	return v, nil
}

// Export writes a job's ledger as the API has it: csv, or ndjson.
func (c *Client) Export(ctx context.Context, business string, id job.ID, format string, to io.Writer) error {
	answer, err := c.send(ctx, "GET", jobPath(business, id)+"/ledger/export?format="+format, nil)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	kept := &sink{to: to}
	if _, err := io.Copy(kept, answer.Body); err != nil {
		if kept.failed != nil {
			return fault.New(fault.Unavailable, "standard output cannot be written to: %w", kept.failed)
		}
		return c.broken(ctx, err)
	}
	return nil
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

func (c *Client) strange() error {
	return fault.New(fault.Internal, "remote: the server's answer cannot be read: is %s the API's address?", c.base)
}

// Order is what a forecast is asked about.
type Order struct {
	PageType  string    `json:"page_type"`
	Languages []string  `json:"languages,omitempty"`
	Lane      cost.Lane `json:"lane,omitempty"`
	Deadline  time.Time `json:"deadline,omitzero"`
	Budget    string    `json:"budget_usd,omitempty"`
}

type money struct {
	Expected, P95, Worst cost.Pico
}

type spans struct{ Expected, P95, Worst int64 }

func (s spans) time() engine.Time {
	return engine.Time{Expected: time.Duration(s.Expected) * time.Second, P95: time.Duration(s.P95) * time.Second, Worst: time.Duration(s.Worst) * time.Second}
}

// Forecast says what an order would use.
func (c *Client) Forecast(ctx context.Context, business string, o Order) (f engine.Forecast, raw json.RawMessage, err error) {
	var out struct {
		Forecast json.RawMessage `json:"forecast"`
	}
	if err := c.post(ctx, businessPath(business)+"/generate/forecast", o, &out); err != nil {
		return f, nil, err
	}
	var v struct {
		Pages        int                           `json:"pages"`
		Model        string                        `json:"model"`
		PriceVersion string                        `json:"price_version"`
		Answers      int64                         `json:"basis_answers"`
		Tokens       struct{ Input, Output int64 } `json:"tokens"`
		Cost         money                         `json:"cost_usd"`
		Duration     spans                         `json:"duration_s"`
		BatchFor     int64                         `json:"batch_for_s"`
		Lanes        []struct {
			Lane       cost.Lane `json:"lane"`
			CacheReads int64     `json:"cache_read_tokens"`
			Cost       money     `json:"cost_usd"`
			Uncached   cost.Pico `json:"uncached_usd"`
			Duration   spans     `json:"duration_s"`
		} `json:"lanes"`
	}
	if json.Unmarshal(out.Forecast, &v) != nil {
		return f, nil, c.strange()
	}
	f = engine.Forecast{
		Tasks: v.Pages, Model: v.Model, PriceVersion: v.PriceVersion, Answers: v.Answers, Tokens: v.Tokens, Cost: engine.Money(v.Cost), Duration: v.Duration.time(),
		BatchFor: time.Duration(v.BatchFor) * time.Second,
	}
	for _, l := range v.Lanes {
		lane := engine.LaneForecast{Lane: l.Lane, CacheReads: l.CacheReads, Cost: engine.Money(l.Cost), Uncached: l.Uncached, Duration: l.Duration.time()}
		if l.CacheReads > 0 {
			lane.Cache = cost.Cache5m // for how long is the server's matter; here it says that something is kept
		}
		f.Lanes = append(f.Lanes, lane)
	}
	return f, out.Forecast, nil
}
