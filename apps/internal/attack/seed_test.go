package attack

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// preparer is who a case prepares things as.
func preparer() backoffice.Caller {
	return backoffice.Caller{Principal: "test", Kind: backoffice.Service, Role: backoffice.Admin, Businesses: []string{backoffice.AllBusinesses}, RequestID: "test-prepares"}
}

// service makes a service of the role that sees the businesses, and returns its token.
func (w *world) service(role backoffice.Role, businesses ...string) string {
	w.t.Helper()
	_, token, err := w.office.CreatePrincipal(w.t.Context(), preparer(), backoffice.NewPrincipal{
		Kind: backoffice.Service, Name: "test " + string(role), Role: role, Businesses: businesses, ExpiresAt: w.clock.Now().Add(300 * 24 * time.Hour),
	})
	require.NoError(w.t, err)
	return w.hide(string(token))
}

// business makes one with everything that a job needs: two keywords, two areas, a store.
func (w *world) business(name string) string {
	w.t.Helper()
	ctx, by := w.t.Context(), preparer()
	b, err := w.office.CreateBusiness(ctx, by, catalog.Business{
		Name: name, IndustryType: "Plumber", Phone: canaryPhone, Email: canaryEmail, Website: "https://plumbing.example.com", GBPURL: "https://maps.example.com/p",
		PrimaryCity: "Austin", PrimaryState: "TX",
	})
	require.NoError(w.t, err)
	_, err = w.office.PutQuestionnaire(ctx, by, b.ID, backoffice.Any, catalog.Questionnaire{Identity: catalog.Identity{Tagline: canaryTagline}})
	require.NoError(w.t, err)
	for _, s := range []string{"Drain Cleaning", "Water Heaters"} {
		_, err = w.office.CreateService(ctx, by, b.ID, catalog.Service{Name: s})
		require.NoError(w.t, err)
	}
	for _, k := range []string{"emergency plumber", "water heater repair"} {
		_, err = w.office.CreateKeyword(ctx, by, b.ID, catalog.Keyword{Keyword: k})
		require.NoError(w.t, err)
	}
	for _, a := range []string{"Round Rock", "Cedar Park"} {
		_, err = w.office.CreateServiceArea(ctx, by, b.ID, catalog.ServiceArea{City: a, State: "TX"})
		require.NoError(w.t, err)
	}
	_, err = w.office.CreateLocation(ctx, by, b.ID, catalog.Location{
		Name: "Main", City: "Austin", State: "TX", StreetAddress: "1 Main St", PostalCode: "78701", IsPrimary: true,
	})
	require.NoError(w.t, err)
	w.template(b.ID, "Write about {{business_name}}, {{phone}}, in {{city}}, {{state}}: {{primary_keyword}}. "+canaryPrompt)
	_, err = w.jobs.PutBudget(ctx, by, b.ID, backoffice.BudgetOrder{Limit: 50 * cost.Dollar, Enabled: true})
	require.NoError(w.t, err)
	return b.ID
}

// template makes a version of the prompt the active one.
func (w *world) template(business, text string) {
	w.t.Helper()
	_, err := w.office.CreatePrompt(w.t.Context(), preparer(), business, backoffice.NewPrompt{PageType: "keyword-service-area", Template: text, IsActive: true})
	require.NoError(w.t, err)
}

// order is one for four pages.
func order() backoffice.Order { return backoffice.Order{PageType: "keyword-service-area"} }

// job makes a job of four pages under the key, past the API.
func (w *world) job(business, key string) job.ID {
	w.t.Helper()
	g, err := w.jobs.Generate(w.t.Context(), preparer(), business, order(), key, idempotency.Of([]byte(key)))
	require.NoError(w.t, err)
	return g.Job.ID
}

// keyword is one of a phrase.
func keyword(phrase string) catalog.Keyword { return catalog.Keyword{Keyword: phrase} }

// nextWord is a phrase that there is not yet.
func (w *world) nextWord() string {
	return "phrase " + w.office.IDs.NewID()
}
