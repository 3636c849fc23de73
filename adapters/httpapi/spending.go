package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

type spendingOut struct {
	Enabled bool    `json:"enabled" doc:"false stops every new call of every job"`
	Reason  string  `json:"reason,omitempty"`
	At      instant `json:"at,omitzero" doc:"when it was switched last"`
	Actor   string  `json:"actor,omitempty" doc:"id of the principal that switched it"`
}

type spendingBody struct {
	Body struct {
		Spending spendingOut `json:"spending"`
	}
}

func shownSpending(s engine.Switch, err error) (*spendingBody, error) {
	if err != nil {
		return nil, err
	}
	var out spendingBody
	o := &out.Body.Spending
	o.Enabled, o.Reason, o.At, o.Actor = s.On, s.Reason, utc(s.At), s.Actor
	return &out, nil
}

// spendingPath is where the switch is that stops all spending.
const spendingPath = "/api/spending"

// defineSpending are its rows.
func defineSpending(a *API) {
	const path = spendingPath
	add(a, route{method: http.MethodGet, path: path, id: "spending-get", summary: "Whether jobs may spend", tag: "spending", role: backoffice.Admin},
		func(ctx context.Context, _ *call, _ *none) (*spendingBody, error) {
			return shownSpending(a.jobs.Spending(ctx))
		})
	add(a, route{method: http.MethodPut, path: path, id: "spending-set", summary: "Stop all spending, or allow it again", tag: "spending", role: backoffice.Admin},
		func(ctx context.Context, c *call, in *struct {
			Body struct {
				Enabled bool   `json:"enabled"`
				Reason  string `json:"reason" minLength:"1" maxLength:"200"`
			}
		},
		) (*spendingBody, error) {
			return shownSpending(a.jobs.SetSpending(ctx, c.Caller, in.Body.Enabled, in.Body.Reason))
		})
}
