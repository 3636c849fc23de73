package httpapi_test

import (
	"fmt"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// plumber makes a business that passes the gate, with so many keywords and service areas, and returns its path.
func (w *world) plumber(keywords, areas int) string {
	w.t.Helper()
	ctx, by := w.t.Context(), preparer()
	b, err := w.office.CreateBusiness(ctx, by, catalog.Business{
		Name: "Harbor Plumbing", IndustryType: "Plumber", Phone: "(207) 555-0142", Email: "hello@harbor.example", Website: "https://harbor.example",
		PrimaryCity: "Portland", PrimaryState: "ME", EnabledLanguages: []catalog.Language{catalog.English},
	})
	require.NoError(w.t, err)
	year := 1990
	_, err = w.office.PutQuestionnaire(ctx, by, b.ID, backoffice.Any, catalog.Questionnaire{
		Identity: catalog.Identity{Tagline: "Dry floors by dinner", YearEstablished: &year},
		Audience: catalog.Audience{TargetDescription: "Home owners", Languages: []string{"English"}},
		Brand:    catalog.Brand{VoiceTone: "friendly", CallToAction: "Call Harbor today", ForbiddenTerms: []string{"cheapest"}},
	})
	require.NoError(w.t, err)
	_, err = w.office.CreateService(ctx, by, b.ID, catalog.Service{Name: "Drain cleaning", IsPrimary: true})
	require.NoError(w.t, err)
	for i := range keywords {
		_, err = w.office.CreateKeyword(ctx, by, b.ID, catalog.Keyword{Keyword: fmt.Sprintf("emergency plumber %02d", i)})
		require.NoError(w.t, err)
	}
	for i := range areas {
		_, err = w.office.CreateServiceArea(ctx, by, b.ID, catalog.ServiceArea{City: "Town " + string(rune('A'+i)), State: "ME"})
		require.NoError(w.t, err)
	}
	return "/api/businesses/" + b.ID
}

// choice is the order of all pages for keywords and areas.
func choice(more ...any) map[string]any {
	body := map[string]any{"page_type": "keyword-service-area"}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i].(string)] = more[i+1]
	}
	return body
}

// begin makes a job and returns its path.
func (w *world) begin(business, key string, more ...any) string {
	w.t.Helper()
	a := w.must(http.StatusAccepted, http.MethodPost, business+"/generate", choice(more...), "Idempotency-Key", key)
	return a.Header.Get("Location")
}

// finish works until the job at the path has ended, or is paused.
func (w *world) finish(path string) {
	w.t.Helper()
	for range 200 {
		w.work()
		j, err := w.jobs.Engine.Job(w.t.Context(), job.ID(lastOf(path)))
		require.NoError(w.t, err)
		if j.State.Ended() || j.State == job.StatePaused {
			return
		}
		w.clock.forward(time.Minute)
		_, err = w.jobs.Engine.Sweep(w.t.Context())
		require.NoError(w.t, err)
	}
	w.t.Fatal("the job does not come to rest")
}

// lastOf is the last part of a path.
func lastOf(path string) string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[i+1:]
		}
	}
	return path
}
