package office_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/logobserver"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// shop is a catalog with something of everything.
const shop = `{"business": {"id": "corner-bakery", "name": "Corner Bakery", "industry_type": "Bakery", "phone": "(401) 555-0100", "enabled_languages": ["en", "es"]},
	"questionnaire": {"identity": {"tagline": "Bread before dawn"}},
	"hours": [{"day_of_week": "Monday", "opens": "07:00", "closes": "12:00"}, {"day_of_week": "Tuesday", "is_closed": true}, {"day_of_week": "Wednesday", "is_closed": true},
		{"day_of_week": "Thursday", "is_closed": true}, {"day_of_week": "Friday", "is_closed": true}, {"day_of_week": "Saturday", "is_closed": true}, {"day_of_week": "Sunday", "is_closed": true}],
	"social_links": [{"platform": "instagram", "url": "https://social.example.com/corner"}],
	"services": [{"name": "Fresh bread", "is_primary": true}, {"name": "Birthday cakes", "name_es": "Pasteles"}],
	"keywords": [{"keyword": "fresh bread", "keyword_es": "pan fresco"}],
	"locations": [{"id": "main", "name": "Main Street", "city": "Warwick", "state": "RI", "is_primary": true}],
	"service_areas": [{"city": "Cranston", "state": "RI", "location_id": "main"}],
	"prompt_templates": [{"page_type": "keyword-service-area", "language": "en", "template": "Write of {{primary_keyword}} in {{city}}.", "is_active": true}]}`

func admin() backoffice.Caller {
	return backoffice.Caller{Principal: "mb", Kind: backoffice.Service, Role: backoffice.Admin, Businesses: []string{"*"}, RequestID: "request-1"}
}

func setup(t testing.TB, store ports.Store) *office.Upkeep {
	t.Helper()
	if store == nil {
		store = memstore.New(sysclock.Clock{}, nil)
	}
	quiet := logobserver.New(nil)
	o, err := backoffice.New(backoffice.Ports{Store: store, Clock: sysclock.Clock{}, IDs: sysclock.NewIDs(), Observer: quiet}, nil)
	require.NoError(t, err)
	e, err := engine.New(engine.Ports{
		Store: store, Queue: memqueue.New(sysclock.Clock{}, nil), Model: cloud.Silent{}, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: sysclock.NewIDs(),
		Observer: quiet, Notifier: o,
	}, wiring.Kinds(), nil)
	require.NoError(t, err)
	return &office.Upkeep{Office: o, Jobs: backoffice.NewJobs(o, e, nil)}
}

func read(t testing.TB, text string) catalog.Catalog {
	t.Helper()
	c, problems := catalog.Check([]byte(text))
	require.Empty(t, problems)
	return c
}

// TestAdd: everything of the catalog is there, and what refers to something else refers to it still.
func TestAdd(t *testing.T) {
	t.Parallel()
	u, ctx := setup(t, nil), t.Context()
	id, added, err := office.Add(ctx, u.Office, admin(), read(t, shop))
	require.NoError(t, err)
	require.True(t, added)

	questionnaire, err := u.Office.Questionnaire(ctx, id)
	require.NoError(t, err)
	require.Equal(t, "Bread before dawn", questionnaire.Data.Identity.Tagline)
	hours, err := u.Office.Hours(ctx, id)
	require.NoError(t, err)
	require.Len(t, hours.Days, 7)
	links, err := u.Office.SocialLinks(ctx, id)
	require.NoError(t, err)
	require.Len(t, links, 1)
	services, _, err := u.Office.Services(ctx, id, 0, "")
	require.NoError(t, err)
	require.Len(t, services, 2)
	locations, _, err := u.Office.Locations(ctx, id, backoffice.LocationFilter{}, 0, "")
	require.NoError(t, err)
	require.Len(t, locations, 1)
	areas, _, err := u.Office.ServiceAreas(ctx, id, backoffice.AreaFilter{}, 0, "")
	require.NoError(t, err)
	require.Len(t, areas, 1)
	require.Equal(t, locations[0].Value.ID, areas[0].Value.LocationID)
	keywords, _, err := u.Office.Keywords(ctx, id, backoffice.KeywordFilter{}, 0, "")
	require.NoError(t, err)
	require.Len(t, keywords, 2)
	require.Equal(t, keywords[0].Value.Slug, keywords[1].Value.Slug, "twins")

	again, added, err := office.Add(ctx, u.Office, admin(), read(t, shop))
	require.NoError(t, err)
	require.False(t, added)
	require.Equal(t, id, again)
}

// TestAddStopsAtTheFirstFailure, wherever that is.
func TestAddStopsAtTheFirstFailure(t *testing.T) {
	t.Parallel()
	for n := 1; ; n++ {
		plan := faultport.NewPlan(nil, faultport.Rule{Nth: n, Effect: faultport.Fail})
		u := setup(t, plan.Store(memstore.New(sysclock.Clock{}, nil)))
		_, _, err := office.Add(t.Context(), u.Office, admin(), read(t, shop))
		if err == nil {
			require.Greater(t, n, 10)
			return
		}
		require.Less(t, n, 1000)
	}
}

// TestRound removes what a deleted business has left, and says what failed.
func TestRound(t *testing.T) {
	t.Parallel()
	u, ctx := setup(t, nil), t.Context()
	id, _, err := office.Add(ctx, u.Office, admin(), read(t, shop))
	require.NoError(t, err)
	require.NoError(t, u.Office.DeleteBusiness(ctx, admin(), id, backoffice.Any, func(ctx context.Context) (bool, error) { return u.Jobs.Live(ctx, id) }))
	done, err := u.Round(ctx)
	require.NoError(t, err)
	require.Equal(t, office.Done{Removed: 1}, done)
	done, err = u.Round(ctx)
	require.NoError(t, err)
	require.Zero(t, done)

	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = u.Round(ended)
	require.ErrorIs(t, err, context.Canceled)
}

func TestGoogle(t *testing.T) {
	t.Parallel()
	_, err := office.NewGoogle(sysclock.Clock{}, nil)
	require.ErrorIs(t, err, fault.Invalid)
	g, err := office.NewGoogle(sysclock.Clock{}, []string{"web-client"})
	require.NoError(t, err)
	_, err = g.Verify(t.Context(), ports.Secret(strings.Repeat("x", 40)), "")
	require.ErrorIs(t, err, fault.Unauthorized)
}

func TestRetention(t *testing.T) {
	t.Parallel()
	for what, long := range office.Retention() {
		require.GreaterOrEqual(t, long, time.Hour, what)
	}
}

func ExampleAdd() {
	store := memstore.New(sysclock.Clock{}, nil)
	o, err := backoffice.New(backoffice.Ports{Store: store, Clock: sysclock.Clock{}, IDs: sysclock.NewIDs(), Observer: logobserver.New(nil)}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, _ := catalog.Check([]byte(`{"business": {"id": "corner-bakery", "name": "Corner Bakery", "industry_type": "Bakery"}, "services": [{"name": "Fresh bread", "is_primary": true}]}`))
	for range 2 {
		_, added, err := office.Add(context.Background(), o, admin(), c)
		fmt.Println(added, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}
