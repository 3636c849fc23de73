//go:build services

package awsbench

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// books are a job's end.
type books struct {
	progress engine.Progress
	took     time.Duration
}

// generate submits a job of about so many pages and waits for its end: deadline is only reached by a hang.
func (a *account) generate(size int, deadline time.Duration) books {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	begun := time.Now()
	made := input(a.t, size)
	var id job.ID
	// The submitter's requests are broken too; the key makes the submission one.
	require.Eventually(a.t, func() bool {
		for _, tenant := range []string{"", "harbor"} {
			if err := a.engine.SetLimit(ctx, tenant, begun.UTC().Format("2006-01"), 20_000*cost.Dollar); err != nil {
				a.t.Logf("limit: %v", err)
				return false
			}
		}
		receipt, err := a.engine.Submit(ctx, engine.Submission{
			Tenant: "harbor", Key: "once", Kind: "pages", Input: made, Lane: cost.Realtime, Cap: 10_000 * cost.Dollar, RequestID: "req-" + a.name,
		})
		if err != nil {
			a.t.Logf("submit: %v", err)
			return false
		}
		id = receipt.Job.ID
		return true
	}, deadline, time.Second)
	b := books{}
	for {
		p, err := a.engine.Progress(ctx, id)
		if ctx.Err() != nil {
			a.t.Fatalf("after %s the job is still %s: %v", deadline, p.Job.State, p.Counts)
		}
		if err == nil && p.Job.State.Ended() {
			b.progress, b.took = p, time.Since(begun)
			return b
		}
		select {
		case <-ctx.Done():
		case <-time.After(poll):
		}
	}
}

// poll is how often the submitter looks; its reads are on the bill.
const poll = 5 * time.Second

// business is a plumber with so many keywords and 26 towns.
func business(keywords int) catalog.Catalog {
	c := catalog.Catalog{
		Business: catalog.Business{
			ID: "harbor", Name: "Harbor Plumbing", IndustryType: "Plumber", Phone: "(401) 555-0142", Email: email,
			Website: "https://harbor.example", PrimaryCity: "Warwick", PrimaryState: "RI", EnabledLanguages: []catalog.Language{catalog.English},
		},
		Questionnaire: catalog.Questionnaire{
			Identity:    catalog.Identity{Tagline: "Steady hands for old pipes", OwnerName: "Teresa Almeida"},
			Audience:    catalog.Audience{TargetDescription: "People and small businesses around Narragansett Bay", Languages: []string{"English"}},
			Brand:       catalog.Brand{VoiceTone: "friendly", CallToAction: "Call Harbor at (401) 555-0142"},
			ServiceType: catalog.ServiceMobile,
		},
	}
	for i := range keywords {
		c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: "plumber " + letters(i), SearchIntent: "transactional"})
	}
	for i := range 26 {
		c.ServiceAreas = append(c.ServiceAreas, catalog.ServiceArea{City: "Town " + letters(i), State: "RI", County: "Kent County"})
	}
	return c
}

// email is the owner's, which no output may show.
const email = "canary-office@harbor.example"

// letters numbers things without digits.
func letters(i int) string {
	return string([]rune{'A' + rune(i/26/26%26), 'a' + rune(i/26%26), 'a' + rune(i%26)})
}

// input is a job of about so many pages: a plumber's keywords in 26 towns.
func input(t require.TestingT, size int) []byte {
	made, err := pages.Build(business(max(size/26, 1)), pages.Options{PageType: string(catalog.KeywordServiceArea), Year: 2026})
	require.NoError(t, err)
	return made
}
