package deploy_test

import (
	"context"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/ports"
)

// desk is an office with its jobs under a role.
type desk struct {
	*backoffice.Office
	jobs *backoffice.Jobs
}

func (w *world) desk(role string, e *engine.Engine) desk {
	o, err := backoffice.New(backoffice.Ports{
		Store: guarded{w.store, w.policy, role}, Clock: sysclock.Clock{}, IDs: sysclock.NewIDs(), Observer: w.model,
	}, &backoffice.Options{AllowedEmails: []string{"ann@example.com"}, Webhooks: receiver{}})
	require.NoError(w.t, err)
	return desk{o, backoffice.NewJobs(o, e, nil)}
}

// receiver is at every address: it takes what it is sent, is gone, or is down.
type receiver struct{}

// Send implements backoffice.WebhookSender.
func (receiver) Send(_ context.Context, d backoffice.WebhookDelivery) (backoffice.WebhookResult, error) {
	if strings.Contains(d.URL, "gone") {
		return backoffice.WebhookResult{Status: 410, Failure: backoffice.FailureStatus}, fault.New(fault.Rejected, "gone")
	}
	if strings.Contains(d.URL, "down") {
		return backoffice.WebhookResult{Status: 503, Failure: backoffice.FailureStatus}, fault.New(fault.Overloaded, "down")
	}
	return backoffice.WebhookResult{Status: 200}, nil
}

// hooked is a webhook that is tried out and sent to again, one whose receiver is gone, and one whose receiver is down: it is left to rest.
func hooked(w *world, api desk, by backoffice.Caller, upkeep *office.Upkeep) {
	ctx, t := w.t.Context(), w.t
	for _, url := range []string{"https://hooks.example.com/", "https://gone.example.com/", "https://down.example.com/"} {
		hook, _, err := api.CreateWebhook(ctx, by, backoffice.NewWebhook{URL: url, Events: []string{"job.completed", "job.failed"}, IsActive: true})
		require.NoError(t, err)
		tried, err := api.TestWebhook(ctx, by, hook.ID)
		require.NoError(t, err)
		done, err := upkeep.Round(ctx)
		require.NoError(t, err)
		if strings.Contains(url, "down") {
			for range 10 { // until its receiver rests
				time.Sleep(time.Hour)
				_, err = upkeep.Round(ctx)
				require.NoError(t, err)
			}
			continue
		}
		require.Positive(t, done.Delivered)
		if !strings.Contains(url, "gone") {
			for range 2 { // the second takes the place of the first, which is still due
				_, err = api.Redeliver(ctx, by, hook.ID, tried.ID)
				require.NoError(t, err)
				time.Sleep(time.Second)
			}
		}
	}
}

// bakery is the least catalog of which pages can be made.
const bakery = `{"business": {"id": "corner-bakery", "name": "Corner Bakery", "industry_type": "Bakery", "phone": "(401) 555-0100",
	"email": "hello@corner.example", "website": "https://corner.example", "primary_city": "Warwick", "primary_state": "RI"},
	"questionnaire": {"identity": {"tagline": "Bread before dawn", "year_established": 1998}, "audience": {"target_description": "Early risers", "languages": ["English"]}},
	"services": [{"name": "Fresh bread", "is_primary": true}, {"name": "Birthday cakes"}],
	"keywords": [{"keyword": "fresh bread"}], "service_areas": [{"city": "Warwick", "state": "RI"}]}`

// staffed is all that staff do through the API, and what the sweeper does for them.
func staffed(w *world) {
	ctx, t := w.t.Context(), w.t
	api := w.desk("ApiRole", w.api)
	by := entered(w, api)
	c, problems := catalog.Check([]byte(bakery))
	require.Empty(t, problems)
	business, _, err := office.Add(ctx, api.Office, by, c)
	require.NoError(t, err)
	w.month(business)
	sweeper := w.desk("SweeperRole", w.sweeper)
	upkeep := &office.Upkeep{Office: sweeper.Office, Jobs: sweeper.jobs}
	hooked(w, api, by, upkeep)
	ordered(w, api, by, business)
	w.minutes(30)
	require.NoError(t, sweeper.Notify(ctx, ports.Notice{ID: "n-1", Type: "job.completed", Tenant: business, Job: "j-1", At: time.Now(), Body: []byte(`{}`)}))

	one, err := api.Business(ctx, business)
	require.NoError(t, err)
	require.NoError(t, api.DeleteBusiness(ctx, by, business, one.Revision, func(ctx context.Context) (bool, error) { return api.jobs.Live(ctx, business) }))
	done, err := upkeep.Round(ctx)
	require.NoError(t, err)
	require.Equal(t, 1, done.Removed)
}

// entered is a person who has signed in, out and in again, and has made a token for a program.
func entered(w *world, api desk) backoffice.Caller {
	ctx, t := w.t.Context(), w.t
	who := backoffice.Identity{Subject: "1", Email: "ann@example.com", HostedDomain: "example.com"}
	s, err := api.SignIn(ctx, backoffice.Caller{RequestID: "request-1"}, who)
	require.NoError(t, err)
	require.NoError(t, api.SignOut(ctx, s.Caller, s.Token))
	s, err = api.SignIn(ctx, backoffice.Caller{RequestID: "request-2"}, who)
	require.NoError(t, err)
	by, err := api.AuthenticateSession(ctx, s.Token, "request-3")
	require.NoError(t, err)
	p, _, err := api.CreatePrincipal(ctx, by, backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "nightly", Role: backoffice.Viewer, Businesses: []string{"*"}, ExpiresAt: time.Now().Add(time.Hour),
	})
	require.NoError(t, err)
	_, token, err := api.RotateToken(ctx, by, p.ID, p.Revision, time.Time{})
	require.NoError(t, err)
	_, err = api.AuthenticateToken(ctx, token, "request-4")
	require.NoError(t, err)
	_, err = api.Key(ctx, "cursor")
	require.NoError(t, err)
	require.NoError(t, api.Deny(ctx, by, backoffice.Action{Name: "job.create"}, "forbidden"))
	_, _, err = api.Audit(ctx, backoffice.AuditQuery{})
	require.NoError(t, err)
	return by
}

// ordered is a job that is ordered twice under one key.
func ordered(w *world, api desk, by backoffice.Caller, business string) {
	ctx, t := w.t.Context(), w.t
	print := idempotency.Of([]byte("order"))
	_, claim, err := api.Claim(ctx, business, "key", print)
	require.NoError(t, err)
	require.NoError(t, api.Unclaim(ctx, claim))
	_, claim, err = api.Claim(ctx, business, "key", print)
	require.NoError(t, err)
	order := backoffice.Order{PageType: "keyword-service-area"}
	_, err = api.jobs.Forecast(ctx, business, order)
	require.NoError(t, err)
	made, err := api.jobs.Generate(ctx, by, business, order, claim.Key, print)
	require.NoError(t, err)
	require.NoError(t, api.Answered(ctx, claim, backoffice.Answer{Status: 202}))
	_, err = api.jobs.PutBudget(ctx, by, business, backoffice.BudgetOrder{Limit: 100_000_000_000_000, Enabled: true})
	require.NoError(t, err)
	spare, err := api.CreatePrompt(ctx, by, business, backoffice.NewPrompt{PageType: "service-location", Language: "en", Template: "Write of {{business_name}}."})
	require.NoError(t, err)
	require.NoError(t, api.DeletePrompt(ctx, by, business, spare.ID, spare.Revision))
	_, err = api.jobs.SetSpending(ctx, by, true, "open again")
	require.NoError(t, err)
	_, err = api.jobs.Job(ctx, business, made.Job.ID)
	require.NoError(t, err)
}
