package backoffice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// names reads all pages of the list of businesses.
func (s shop) names(t *testing.T, by backoffice.Caller, query string, limit int) (names []string) {
	t.Helper()
	for cursor := ""; ; {
		list, next, err := s.Businesses(s.ctx, by, query, limit, cursor)
		require.NoError(t, err)
		require.LessOrEqual(t, len(list), limit)
		for _, b := range list {
			names = append(names, b.Name)
		}
		if cursor = next; cursor == "" {
			return names
		}
	}
}

func TestBusinesses(t *testing.T) {
	t.Parallel()
	s := open(t)
	want := []string{"Harbor Plumbing"}
	var last backoffice.Business
	for i := range 7 {
		last = s.business(t, "Café "+strings.Repeat("x", i))
		want = append(want, last.Name)
	}
	require.Equal(t, want, s.names(t, boss(), "", 3))
	require.Equal(t, want[1:], s.names(t, boss(), "CAFE", 2))
	require.Empty(t, s.names(t, boss(), "nothing", 2))
	some := backoffice.Caller{Businesses: []string{s.id, last.ID}}
	require.Equal(t, []string{"Harbor Plumbing", last.Name}, s.names(t, some, "", 1))
	require.Empty(t, s.names(t, backoffice.Caller{}, "", 50))
	require.NoError(t, s.DeleteBusiness(s.ctx, boss(), s.id, backoffice.Any, live(false, nil)))
	require.Equal(t, want[1:], s.names(t, boss(), "", 200))
	_, err := s.Business(s.ctx, "nobody")
	require.ErrorIs(t, err, fault.NotFound)
	require.NotContains(t, err.Error(), "nobody")
}

// TestManyBusinesses: the list goes on over all pages of the store.
func TestManyBusinesses(t *testing.T) {
	t.Parallel()
	s := open(t)
	for range 410 {
		s.business(t, "Other")
	}
	require.Len(t, s.names(t, boss(), "", 200), 411)
	require.Equal(t, []string{"Harbor Plumbing"}, s.names(t, boss(), "harbor", 200))
}

// put writes a record past the office.
func (s shop) put(t *testing.T, key ports.Key, body string) {
	t.Helper()
	require.NoError(t, s.store.Update(s.ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(ports.Record{Key: key, Kind: "x", Body: []byte(body)})
		return nil
	}))
}

func TestBrokenRecords(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.keyword(t, catalog.Keyword{Keyword: "drain"})
	doc := ports.Key{Partition: "business/" + s.id, Sort: "doc/keywords"}
	for name, body := range map[string]string{"Empty": "", "Parts": "\xff", "Deflate": "\x01\xff\xff\xff", "TwoParts": "\x02abc"} {
		s.put(t, doc, body)
		_, _, err := s.Keywords(s.ctx, s.id, backoffice.KeywordFilter{}, 0, "")
		require.ErrorIs(t, err, fault.Corrupt, name)
		_, err = s.CreateKeyword(s.ctx, boss(), s.id, catalog.Keyword{Keyword: "new"})
		require.ErrorIs(t, err, fault.Corrupt, name)
		_, err = s.Catalog(s.ctx, s.id)
		require.ErrorIs(t, err, fault.Corrupt, name)
	}
	for _, name := range []string{"areas", "locations", "hours", "questionnaire", "social", "services"} {
		s.put(t, ports.Key{Partition: "business/" + s.id, Sort: "doc/" + name}, "")
	}
	for _, err := range []error{
		second(s.Completeness(s.ctx, s.id)), second(s.Hours(s.ctx, s.id)), second(s.Questionnaire(s.ctx, s.id)), second(s.SocialLinks(s.ctx, s.id)),
		second(s.LocationStats(s.ctx, s.id)), second(s.PutHours(s.ctx, boss(), s.id, 1, week())), second(s.PatchBusiness(s.ctx, boss(), s.id, 1, backoffice.BusinessPatch{})),
		second(s.BulkServices(s.ctx, boss(), s.id, nil, backoffice.BulkOptions{})), second(s.CreateServiceArea(s.ctx, boss(), s.id, catalog.ServiceArea{})),
		second(s.OrderServices(s.ctx, boss(), s.id, nil)), second(s.Service(s.ctx, s.id, "x")),
	} {
		require.ErrorIs(t, err, fault.Corrupt)
	}
	s.put(t, ports.Key{Partition: "businesses", Sort: s.id}, "{")
	_, err := s.Business(s.ctx, s.id)
	require.ErrorIs(t, err, fault.Corrupt)
	_, _, err = s.Businesses(s.ctx, boss(), "", 0, "")
	require.ErrorIs(t, err, fault.Corrupt)
	_, err = s.Catalog(s.ctx, s.id)
	require.ErrorIs(t, err, fault.Corrupt)
	require.ErrorIs(t, s.DeleteBusiness(s.ctx, boss(), s.id, 1, live(false, nil)), fault.Corrupt)
	_, err = s.RemoveDeleted(s.ctx, liveOf(false, nil))
	require.ErrorIs(t, err, fault.Corrupt)
}

// TestADocumentShrinks: parts that a smaller document does not need any more are removed.
func TestADocumentShrinks(t *testing.T) {
	t.Parallel()
	s := open(t)
	var in []backoffice.BulkInput[catalog.Location]
	for i := range 420 {
		l := store("Store "+strings.Repeat("x", i%50), "Portland")
		l.Slug, l.Note = "s-"+strings.Repeat("a", i%100)+noiseSlug(i), noise(i, 1000)
		in = append(in, rowsOf(l)...)
	}
	r, err := s.BulkLocations(s.ctx, boss(), s.id, in, backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, 420, r.Summary.Created)
	parts := func() (n int) {
		for _, r := range s.left(t) {
			if strings.HasPrefix(r.Key.Sort, "doc/locations") {
				n++
			}
		}
		return n
	}
	require.Greater(t, parts(), 1)
	whole := parts()
	for _, row := range r.Results[:60] {
		_, err := s.PatchLocation(s.ctx, boss(), s.id, row.ID, 1, backoffice.LocationPatch{Note: backoffice.Null[string]()})
		require.NoError(t, err)
	}
	require.Less(t, parts(), whole)
	stats, err := s.LocationStats(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, 420, stats.Total)
}

// noiseSlug is a number as letters.
func noiseSlug(n int) string {
	return string([]byte{'a' + byte(n/100), 'a' + byte(n/10%10), 'a' + byte(n%10)})
}

// TestAnUnreachableStore: what could not be written is an error, and nothing of it is there.
func TestAnUnreachableStore(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, method := range []string{"Store.Update", "Store.List"} {
		down := s
		down.Office = over(t, faultport.NewPlan(s.clock, faultport.Rule{Method: method, Effect: faultport.Fail}).Store(s.store), s.clock, nil)
		var errs []error
		if method == "Store.List" {
			_, _, err := down.Businesses(s.ctx, boss(), "", 0, "")
			errs = append(errs, err, second(down.RemoveDeleted(s.ctx, liveOf(false, nil))))
		} else {
			errs = append(errs, second(down.CreateBusiness(s.ctx, boss(), catalog.Business{Name: "New", IndustryType: "Plumber"})),
				second(down.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "A"})), second(down.Service(s.ctx, s.id, "x")),
				down.DeleteBusiness(s.ctx, boss(), s.id, 1, live(false, nil)))
		}
		for _, err := range errs {
			require.ErrorIs(t, err, fault.Unavailable)
		}
	}
	require.Equal(t, []string{"Harbor Plumbing"}, s.names(t, boss(), "", 50))
	require.Empty(t, s.services(t))
}
