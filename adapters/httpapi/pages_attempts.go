package httpapi

import (
	"context"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
)

type usageOut struct {
	Input        int64 `json:"input_tokens"`
	CacheWrite5m int64 `json:"cache_write_5m_tokens"`
	CacheWrite1h int64 `json:"cache_write_1h_tokens"`
	CacheRead    int64 `json:"cache_read_tokens"`
	Output       int64 `json:"output_tokens"`
}

func shownUsage(u cost.Usage) usageOut {
	return usageOut{u.Input, u.CacheWrite5m, u.CacheWrite1h, u.CacheRead, u.Output}
}

type attemptOut struct {
	Round         int         `json:"round"`
	Attempt       int         `json:"attempt" doc:"goes on through rounds; 0 is something that a bill has added"`
	Lane          cost.Lane   `json:"lane" enum:"realtime,batch"`
	Model         string      `json:"model"`
	Outcome       string      `json:"outcome" enum:"open,settle,void,presume,adjust" doc:"what became of its money"`
	Verdict       job.Outcome `json:"verdict,omitempty" enum:"accepted,again,failed" doc:"what became of its answer"`
	ErrorCode     job.Code    `json:"error_code,omitempty"`
	ErrorMessage  string      `json:"error_message,omitempty"`
	Flags         []string    `json:"quality_flags" nullable:"false"`
	HeldAt        instant     `json:"started_at,omitzero"`
	At            instant     `json:"ended_at,omitzero"`
	Duration      int64       `json:"duration_ms,omitzero"`
	Held          usd         `json:"held"`
	Cost          usd         `json:"cost_usd"`
	Usage         usageOut    `json:"usage"`
	MessageID     string      `json:"provider_message_id,omitempty"`
	RequestID     string      `json:"provider_request_id,omitempty"`
	HasContent    bool        `json:"has_content" doc:"GET the page with attempt= to read it"`
	ContentSHA256 string      `json:"content_sha256,omitempty"`
}

type attemptList struct {
	Body struct {
		Attempts []attemptOut `json:"attempts" nullable:"false"`
	}
}

// defineAttempts is the row of what was tried for a page.
func defineAttempts(a *API) {
	add(a, route{
		method: http.MethodGet, path: onePath + "/pages/{ordinal}/attempts", id: "page-attempts", summary: "What was tried for a page, oldest first", tag: "page",
		role: backoffice.Viewer,
	}, a.attempts)
}

func (a *API) attempts(ctx context.Context, _ *call, in *InPage) (*attemptList, error) {
	if _, err := a.jobs.Find(ctx, in.Business, in.Job); err != nil {
		return nil, err
	}
	list, err := a.jobs.Engine.Attempts(ctx, in.Job, in.Ordinal)
	if err != nil {
		return nil, err
	}
	var out attemptList
	out.Body.Attempts = make([]attemptOut, len(list))
	for i, v := range list {
		if out.Body.Attempts[i], err = a.attempt(ctx, in, v); err != nil {
			return nil, err
		}
	}
	return &out, nil
}

// attempt is one try with what was said of its answer. The answer's own text is nobody's to see: only what was accepted is a page.
func (a *API) attempt(ctx context.Context, in *InPage, v engine.AttemptView) (attemptOut, error) {
	out := attemptOut{
		Round: v.Round, Attempt: v.Attempt, Lane: v.Lane, Model: v.Model, Outcome: "open", Flags: []string{}, HeldAt: utc(v.HeldAt), At: utc(v.At),
		Held: usd(v.Held), Cost: usd(v.Paid), Usage: shownUsage(v.Usage), MessageID: v.MessageID, RequestID: v.RequestID,
	}
	if v.Outcome != 0 {
		out.Outcome = v.Outcome.String()
	}
	if v.Content != ([32]byte{}) {
		out.ContentSHA256 = hex.EncodeToString(v.Content[:])
	}
	if !v.HasAnswer {
		return out, nil
	}
	stored, err := a.jobs.Engine.Answer(ctx, in.Job, in.Ordinal, v.Attempt)
	if errors.Is(err, fault.NotFound) {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.Verdict, out.ErrorCode, out.ErrorMessage, out.Flags = stored.Verdict.Outcome, stored.Verdict.Code, stored.Verdict.Detail, listed(stored.Verdict.Flags)
	out.Duration, out.HasContent = stored.Took.Milliseconds(), stored.Verdict.Outcome == job.Accepted
	return out, nil
}
