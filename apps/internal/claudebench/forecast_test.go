package claudebench

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// The businesses that forecasts learn from, and those that they are judged by: of different industries, page types,
// languages, sizes and lengths.
var (
	taught = []business{
		{industry: "Plumber", pageType: catalog.KeywordServiceArea, rows: 20, columns: 12, profile: 10},
		{industry: "Attorney", pageType: catalog.KeywordServiceArea, rows: 15, twins: 5, columns: 15},
		{industry: "Dentist", pageType: catalog.KeywordLocation, rows: 25, columns: 9, profile: 20},
		{industry: "Bakery", pageType: catalog.ServiceServiceArea, rows: 16, twins: 8, columns: 10, profile: 4},
		{industry: "Florist", pageType: catalog.ServiceLocation, rows: 20, columns: 10},
		{industry: "AutoRepair", pageType: catalog.BlogServiceArea, rows: 14, columns: 15, profile: 12},
		{industry: "HairSalon", pageType: catalog.BlogLocation, rows: 12, twins: 6, columns: 12},
		{industry: "Electrician", pageType: catalog.KeywordServiceArea, rows: 22, columns: 10, words: 250, own: true},
		{industry: "TravelAgency", pageType: catalog.KeywordServiceArea, rows: 16, twins: 16, columns: 8, words: 900, own: true},
		{industry: "ChildCare", pageType: catalog.ServiceServiceArea, rows: 20, columns: 11, words: 600, profile: 25},
	}
	judged = []business{
		{industry: "Locksmith", pageType: catalog.KeywordServiceArea, rows: 24, columns: 14},
		{industry: "AccountingService", pageType: catalog.KeywordServiceArea, rows: 15, twins: 5, columns: 18, profile: 15},
		{industry: "VeterinaryCare", pageType: catalog.KeywordLocation, rows: 20, columns: 11, profile: 6},
		{industry: "Restaurant", pageType: catalog.ServiceServiceArea, rows: 14, twins: 14, columns: 12},
		{industry: "JewelryStore", pageType: catalog.ServiceLocation, rows: 25, columns: 9, profile: 28},
		{industry: "RoofingContractor", pageType: catalog.BlogServiceArea, rows: 18, columns: 15},
		{industry: "DaySpa", pageType: catalog.BlogLocation, rows: 14, twins: 4, columns: 14, profile: 10},
		{industry: "MovingCompany", pageType: catalog.KeywordServiceArea, rows: 20, columns: 16, words: 250, own: true},
		{industry: "EducationalOrganization", pageType: catalog.KeywordServiceArea, rows: 12, twins: 12, columns: 12, words: 900, own: true, profile: 8},
		{industry: "HVACBusiness", pageType: catalog.ServiceServiceArea, rows: 24, columns: 12, words: 600},
	}
)

// foreseen is how a job's forecasts have held.
type foreseen struct {
	// before is the error of the forecast by lengths, taught that of the calibrated one, outlook that after the first 100
	// pages; in percent of the bill.
	before, taught, outlook float64
	// after is how many pages that were.
	after int
	// exceeded: the bill was above a worst case or the cap.
	exceeded bool
	who      string
}

// TestForecast: a model's answers to each template are longer or shorter than anybody could know, by 0.6 to 1.6. After 100
// pages the outlook is within a tenth of the final bill, and no bill is above the forecast's worst case.
func TestForecast(t *testing.T) {
	teachers, jobs := taught, judged
	if !*full {
		teachers, jobs = nil, []business{judged[1], judged[7]}
	}
	var all, mixed []foreseen
	synctest.Test(t, func(t *testing.T) {
		store := memstore.New(sysclock.Clock{}, nil)
		for i, b := range teachers {
			teach(t, store, b, uint64(100+i))
		}
		for i, b := range jobs {
			all = append(all, judge(t, store, b, uint64(200+i), 50))
			if b.twins > 0 && *full {
				mixed = append(mixed, judge(t, store, b, uint64(300+i), 8), judge(t, store, b, uint64(400+i), 200))
			}
		}
	})
	worst, median, exceeded := summary(all, func(f foreseen) float64 { return f.outlook })
	bench("forecast/outlook-error-max", fmt.Sprintf("%.1f", worst), "%")
	bench("forecast/outlook-error-median", fmt.Sprintf("%.1f", median), "%")
	worst, median, _ = summary(all, func(f foreseen) float64 { return f.before })
	bench("forecast/forecast-error-max", fmt.Sprintf("%.1f", worst), "%")
	bench("forecast/forecast-error-median", fmt.Sprintf("%.1f", median), "%")
	worst, median, _ = summary(all, func(f foreseen) float64 { return f.taught })
	bench("forecast/calibrated-error-max", fmt.Sprintf("%.1f", worst), "%")
	bench("forecast/calibrated-error-median", fmt.Sprintf("%.1f", median), "%")
	bench("forecast/worst-exceeded", exceeded, "jobs")
	if *full {
		worst, _, more := summary(mixed, func(f foreseen) float64 { return f.outlook })
		bench("forecast/outlook-error-max-of-two-languages", fmt.Sprintf("%.1f", worst), "%")
		latest, _, _ := summary(append(mixed, all...), func(f foreseen) float64 { return float64(f.after) })
		bench("forecast/outlook-after-max", latest, "pages")
		exceeded += more
	}
	for _, f := range append(all, mixed...) {
		require.LessOrEqual(t, f.outlook, 10.0, "outlook of the %s", f.who)
	}
	require.Zero(t, exceeded)
}

func summary(all []foreseen, of func(foreseen) float64) (worst, median float64, exceeded int) {
	var list []float64
	for _, f := range all {
		list = append(list, of(f))
		if f.exceeded {
			exceeded++
		}
	}
	slices.Sort(list)
	return list[len(list)-1], list[len(list)/2], exceeded
}

// teach does a job whose answers later forecasts rest on.
func teach(t *testing.T, store *memstore.Store, b business, seed uint64) {
	s := pagesOn(store, t, claudesim.Options{LengthSpread: 1, Seed: seed})
	defer s.close()
	s.employ(seed, engine.Options{CallTimeout: 5 * time.Minute}) // so long that no long answer is cut off
	s.order(b.pages(t), cost.Realtime, 0)
	s.finish()
	require.NoError(t, s.engines[0].Calibrate(t.Context(), s.id, ""))
}

// judge does a job, with that many calls open at once, and looks how its forecasts have held.
func judge(t *testing.T, store *memstore.Store, b business, seed uint64, calls int) foreseen {
	// This Claude is another one: of the last job's prefixes none is stored there any more.
	time.Sleep(time.Hour)
	s := pagesOn(store, t, claudesim.Options{LengthSpread: 1, Seed: seed})
	defer s.close()
	s.employ(seed, engine.Options{CallTimeout: 5 * time.Minute, Calls: calls})
	input := b.pages(t)
	forecast := func(source string) engine.Forecast {
		f, err := s.engines[0].Forecast(t.Context(), engine.Submission{Tenant: "harbor", Kind: "pages", Input: input}, engine.Pace{Source: source})
		require.NoError(t, err)
		return f
	}
	before, taught := forecast("nobody"), forecast("")
	s.order(input, cost.Realtime, 0)
	var looking sync.WaitGroup
	var outlook engine.Outlook
	looking.Go(func() { outlook = s.look() })
	got := s.finish()
	looking.Wait()
	bill := got.settled
	f := foreseen{
		who: b.industry, after: outlook.Ended, before: off(before.Cost.Expected, bill), taught: off(taught.Cost.Expected, bill), outlook: off(outlook.Cost.Expected, bill),
		exceeded: bill > before.Cost.Worst || bill > taught.Cost.Worst || bill > got.progress.Job.Cap,
	}
	t.Logf("%+v: %d pages, with %d calls: %+v", b, b.size(), calls, f)
	return f
}

// off is by what part of the bill an expectation was wrong, in percent.
func off(expected, bill cost.Pico) float64 {
	return 100 * math.Abs(float64(expected-bill)) / float64(bill)
}

// look waits for the first outlook that rests on the job's own answers: after 100 pages, and some more if none of them was
// of one of its languages.
func (s *system) look() (o engine.Outlook) {
	for range 100_000 {
		time.Sleep(200 * time.Millisecond)
		p, err := s.engines[0].Progress(context.Background(), s.id)
		if err == nil && p.Counts.Total()-p.Counts.Open() >= engine.Trusted {
			o, err = s.engines[0].Outlook(context.Background(), s.id)
		}
		if err != nil {
			s.t.Error(err)
		}
		if err != nil || o.Measured {
			return o
		}
	}
	return o
}
