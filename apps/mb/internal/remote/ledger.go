package remote

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// Verified is what came of deriving books again.
type Verified struct {
	OK       bool            `json:"ok"`
	Jobs     int             `json:"jobs"`
	Entries  int64           `json:"entries"`
	Shards   int             `json:"shards"`
	Problems []VerifyProblem `json:"problems"`
	// Next goes on; empty at the end.
	Next string `json:"next_cursor,omitempty"`
	// Raw is the whole answer as it came, or those of all parts as one.
	Raw json.RawMessage `json:"-"`
}

// VerifyProblem is one place where the books disagree.
type VerifyProblem struct {
	Job   job.ID `json:"job_id"`
	Kind  string `json:"kind"`
	Shard int    `json:"shard"`
	Seq   int64  `json:"seq"`
}

// Verify derives the books of a job again; with an empty id those of all jobs that there are.
func (c *Client) Verify(ctx context.Context, business string, id job.ID) (v Verified, err error) {
	if id != "" {
		err = c.verify(ctx, jobPath(business, id)+"/ledger/verify", &v)
		return v, err
	}
	v.OK = true
	for cursor := ""; ; {
		var part Verified
		if err := c.verify(ctx, "/api/ledger/verify"+cursor, &part); err != nil {
			return v, err
		}
		v.OK, v.Jobs, v.Entries, v.Shards = v.OK && part.OK, v.Jobs+part.Jobs, v.Entries+part.Entries, v.Shards+part.Shards
		v.Problems = append(v.Problems, part.Problems...)
		if part.Next == "" {
			break
		}
		cursor = "?cursor=" + url.QueryEscape(part.Next)
	}
	if v.Problems == nil {
		v.Problems = []VerifyProblem{}
	}
	v.Raw, err = json.Marshal(v)
	return v, err
}

func (c *Client) verify(ctx context.Context, path string, v *Verified) error {
	if err := c.post(ctx, path, nil, &v.Raw); err != nil {
		return err
	}
	if json.Unmarshal(v.Raw, v) != nil {
		return c.strange()
	}
	return nil
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
