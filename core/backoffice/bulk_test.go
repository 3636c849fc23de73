package backoffice_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// rowsOf are rows that could be read.
func rowsOf[T any](values ...T) (rows []backoffice.BulkInput[T]) {
	for _, v := range values {
		rows = append(rows, backoffice.BulkInput[T]{Value: v})
	}
	return rows
}

// outcome is the status and the problems of each row in one line.
func outcome(r backoffice.BulkResult) (lines []string) {
	for i, row := range r.Results {
		line := string(row.Status)
		if row.Index != i {
			line = "out of order " + line
		}
		for _, p := range row.Errors {
			line += " " + p.Path + ":" + p.Code
		}
		lines = append(lines, line)
	}
	return lines
}

func TestBulkKeywords(t *testing.T) {
	t.Parallel()
	s := open(t)
	drain := s.keyword(t, catalog.Keyword{Keyword: "drain"})
	in := rowsOf(
		catalog.Keyword{Keyword: "new one", KeywordES: "nuevo"},
		catalog.Keyword{Keyword: "DRAIN"},
		catalog.Keyword{Keyword: "x"},
		catalog.Keyword{Keyword: "Drain", KeywordES: "drenaje"},
		catalog.Keyword{Keyword: "new two", Slug: "Bad Slug"},
		catalog.Keyword{Keyword: "new two"},
		catalog.Keyword{Keyword: "New One"},
		catalog.Keyword{Keyword: "otro", Language: "es", TranslationOf: "new two"},
		catalog.Keyword{Keyword: "third", KeywordES: "z"},
		catalog.Keyword{Keyword: "third", KeywordES: "Nuevo"},
	)
	in = append(in, backoffice.BulkInput[catalog.Keyword]{Problems: catalog.Problems{{Path: "/language", Code: catalog.CodeInvalid, Message: "m"}}})
	want := []string{
		"created", "skipped /slug:duplicate", "failed /keyword:too_short", "created", "failed /slug:invalid", "created", "skipped /slug:duplicate", "created",
		"failed /keyword_es:too_short", "failed /keyword_es:duplicate", "failed /language:invalid",
	}

	dry, err := s.BulkKeywords(s.ctx, boss(), s.id, in, backoffice.BulkOptions{DryRun: true})
	require.NoError(t, err)
	require.Equal(t, want, outcome(dry))
	require.Equal(t, backoffice.BulkSummary{Created: 4, Skipped: 2, Failed: 5}, dry.Summary)
	require.Empty(t, dry.Results[0].ID)
	require.Empty(t, dry.Results[6].ID)
	require.Equal(t, drain.Value.ID, dry.Results[1].ID)
	require.Equal(t, []string{"drain"}, s.keywords(t, backoffice.KeywordFilter{}))
	require.Equal(t, "keyword.create", s.trail(t)[0].Action)

	all, err := s.BulkKeywords(s.ctx, boss(), s.id, in, backoffice.BulkOptions{AllOrNothing: true})
	require.NoError(t, err)
	require.Equal(t, backoffice.BulkSummary{Skipped: 6, Failed: 5}, all.Summary)
	require.Equal(t, "skipped :not_applied", outcome(all)[0])
	require.Equal(t, []string{"drain"}, s.keywords(t, backoffice.KeywordFilter{}))

	done, err := s.BulkKeywords(s.ctx, boss(), s.id, in, backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, want, outcome(done))
	require.Equal(t, []string{"drain", "drenaje", "new one", "nuevo", "new two", "otro"}, s.keywords(t, backoffice.KeywordFilter{}))
	require.Equal(t, done.Results[0].ID, done.Results[6].ID, "the duplicate names the row before it")
	first, err := s.Keyword(s.ctx, s.id, done.Results[0].ID)
	require.NoError(t, err)
	require.NotEmpty(t, first.TwinID)
	require.EqualValues(t, 1, first.Revision)
	line := s.trail(t)[0]
	require.Equal(t, "bulk.import", line.Action)
	require.Equal(t, backoffice.Target{Type: "keyword", Business: s.id}, line.Target)

	again, err := s.BulkKeywords(s.ctx, boss(), s.id, in[:1], backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"skipped /keyword:duplicate"}, outcome(again))
	require.Equal(t, first.Value.ID, again.Results[0].ID)
	again, err = s.BulkKeywords(s.ctx, boss(), s.id, rowsOf(catalog.Keyword{Keyword: "new one", KeywordES: "otra cosa"}, catalog.Keyword{Keyword: "drain"}), backoffice.BulkOptions{OnDuplicate: backoffice.FailDuplicate})
	require.NoError(t, err)
	require.Equal(t, []string{"failed /keyword_es:duplicate", "failed /slug:duplicate"}, outcome(again))
	require.Empty(t, again.Results[1].ID)
}

func TestBulkRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.BulkKeywords(s.ctx, boss(), s.id, make([]backoffice.BulkInput[catalog.Keyword], 501), backoffice.BulkOptions{})
	told(t, err, "/rows too_many")
	_, err = s.BulkServices(s.ctx, boss(), s.id, nil, backoffice.BulkOptions{OnDuplicate: "replace"})
	told(t, err, "/on_duplicate not_allowed")
	_, err = s.BulkServiceAreas(s.ctx, boss(), "nobody", nil, backoffice.BulkOptions{})
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.BulkServiceAreas(s.ctx, boss(), "nobody", nil, backoffice.BulkOptions{DryRun: true})
	require.ErrorIs(t, err, fault.NotFound)
	none, err := s.BulkServiceAreas(s.ctx, boss(), s.id, nil, backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, backoffice.BulkResult{Results: []backoffice.BulkRow{}}, none)
}

func TestBulkServices(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.service(t, "Old")
	r, err := s.BulkServices(s.ctx, boss(), s.id, rowsOf(
		catalog.Service{Name: "A", IsPrimary: true}, catalog.Service{Name: "B", IsPrimary: true}, catalog.Service{Name: "C"}, catalog.Service{Name: "old"},
	), backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"created", "failed /is_primary:duplicate", "created", "skipped /slug:duplicate"}, outcome(r))
	require.Equal(t, []string{"Old", "A*", "C"}, s.services(t))
	require.Equal(t, 17, s.now(t).Score)

	r, err = s.BulkServices(s.ctx, boss(), s.id, rowsOf(
		catalog.Service{Name: "", IsPrimary: true}, catalog.Service{Name: "D", Slug: "e-1"}, catalog.Service{Name: "E", Slug: "e-1"},
	), backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"failed /name:required", "created", "skipped /slug:duplicate"}, outcome(r))
	require.Equal(t, []string{"Old", "A*", "C", "D"}, s.services(t), "a row that fails moves no mark")
}

func TestBulkFillsTheList(t *testing.T) {
	t.Parallel()
	s := open(t)
	make := func(from, n int) (list []backoffice.BulkInput[catalog.Service]) {
		for i := range n {
			list = append(list, rowsOf(catalog.Service{Name: "Service " + strconv.Itoa(from+i)})...)
		}
		return list
	}
	r, err := s.BulkServices(s.ctx, boss(), s.id, make(0, 498), backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, 498, r.Summary.Created)
	r, err = s.BulkServices(s.ctx, boss(), s.id, make(496, 5), backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"skipped /slug:duplicate", "skipped /slug:duplicate", "created", "created", "failed :too_many"}, outcome(r))
	_, err = s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "one more"})
	told(t, err, " too_many")
}

func TestBulkAreasAndLocations(t *testing.T) {
	t.Parallel()
	s := open(t)
	l := s.location(t, catalog.Location{Name: "Main", City: "Portland", State: "ME", IsPrimary: true})
	r, err := s.BulkServiceAreas(s.ctx, boss(), s.id, rowsOf(
		catalog.ServiceArea{City: "Bath", State: "me", LocationID: l.Value.ID}, catalog.ServiceArea{City: "BATH", State: "ME"}, catalog.ServiceArea{City: "York", State: "ME", LocationID: "none"},
	), backoffice.BulkOptions{})
	require.NoError(t, err)
	require.Equal(t, []string{"created", "skipped /slug:duplicate", "failed /location_id:unknown_reference"}, outcome(r))

	in := rowsOf(
		store("main", "Portland"), store("Annex", "Portland"), store("Annex", "Portland"), store("Shop", "Bath"), store("Shop", "Saco"),
		catalog.Location{Name: "Soon", City: "Orono", State: "ME", Status: "upcoming"}, catalog.Location{Name: "Lead", City: "York", State: "ME", IsPrimary: true},
		catalog.Location{Name: "Twin", City: "Bangor", State: "ME", Phone: "x"}, store("Twin", "Bangor"),
		catalog.Location{Name: "Annex", City: "Portland", State: "ME", Slug: "annex-2"},
	)
	opt := backoffice.BulkOptions{AutoCreateAreas: true}
	r, err = s.BulkLocations(s.ctx, boss(), s.id, in, opt)
	require.NoError(t, err)
	require.Equal(t, []string{
		"skipped /name:duplicate", "created", "skipped /slug:duplicate /name:duplicate", "created", "created", "created", "created", "failed /phone:too_short", "created", "created",
	}, outcome(r))
	require.Equal(t, 4, r.Summary.AreasCreated, "Portland, Saco, York, Bangor; Bath is there, Orono is not open")
	require.Equal(t, []string{"bangor-me", "bath-me", "portland-me", "saco-me", "york-me"}, s.areas(t, backoffice.AreaFilter{}))
	list, _, err := s.ServiceAreas(s.ctx, s.id, backoffice.AreaFilter{Query: "saco"}, 0, "")
	require.NoError(t, err)
	require.Equal(t, r.Results[4].ID, list[0].Value.LocationID)
	require.Equal(t, "York", s.now(t).PrimaryCity)
	require.Equal(t, "york-me", s.locations(t, backoffice.LocationFilter{})[0])

	r, err = s.BulkLocations(s.ctx, boss(), s.id, in[:7], opt)
	require.NoError(t, err)
	require.Equal(t, backoffice.BulkSummary{Skipped: 7}, r.Summary, "%v: an import twice is an import once", outcome(r))
	r, err = s.BulkLocations(s.ctx, boss(), s.id, rowsOf(catalog.Location{Name: "Gone", City: "Lee", State: "ME", ArchivedAt: "2020-01-01T00:00:00Z"}), opt)
	require.NoError(t, err)
	require.Equal(t, 1, r.Summary.Created)
	gone, err := s.Location(s.ctx, s.id, r.Results[0].ID)
	require.NoError(t, err)
	require.False(t, gone.Value.Archived())
}

// TestALargeCatalog: 2,000 keywords in calls of 500, and lists of more than 1 MB that are read whole.
func TestALargeCatalog(t *testing.T) {
	t.Parallel()
	s := open(t)
	for call := range 4 {
		var in []backoffice.BulkInput[catalog.Keyword]
		for i := range 500 {
			in = append(in, rowsOf(catalog.Keyword{Keyword: fmt.Sprintf("keyword %d number %d", call, i)})...)
		}
		r, err := s.BulkKeywords(s.ctx, boss(), s.id, in, backoffice.BulkOptions{AllOrNothing: true})
		require.NoError(t, err)
		require.Equal(t, 500, r.Summary.Created)
	}
	_, err := s.CreateKeyword(s.ctx, boss(), s.id, catalog.Keyword{Keyword: "one more"})
	told(t, err, " too_many")
	seen := map[string]bool{}
	for cursor, calls := "", 0; cursor != "" || calls == 0; calls++ {
		list, next, err := s.Keywords(s.ctx, s.id, backoffice.KeywordFilter{}, 200, cursor)
		require.NoError(t, err)
		for _, r := range list {
			seen[r.Value.Slug] = true
		}
		cursor = next
	}
	require.Len(t, seen, 2000)

	for call := range 4 {
		var in []backoffice.BulkInput[catalog.Location]
		for i := range 500 {
			l := store(fmt.Sprintf("Store %d-%d", call, i), "Portland")
			l.Note = noise(call*500+i, 700)
			in = append(in, rowsOf(l)...)
		}
		r, err := s.BulkLocations(s.ctx, boss(), s.id, in, backoffice.BulkOptions{})
		require.NoError(t, err)
		require.Equal(t, 500, r.Summary.Created)
	}
	stats, err := s.LocationStats(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, 2000, stats.Total)
	list, _, err := s.Locations(s.ctx, s.id, backoffice.LocationFilter{}, 1, "")
	require.NoError(t, err)
	patched, err := s.PatchLocation(s.ctx, boss(), s.id, list[0].Value.ID, 1, backoffice.LocationPatch{IsPrimary: backoffice.To(true)})
	require.NoError(t, err)
	require.Len(t, patched.Value.Note, 700)
	c, err := s.Catalog(s.ctx, s.id)
	require.NoError(t, err)
	require.Len(t, c.Locations, 2000)
}

// noise is a text that hardly compresses.
func noise(seed, n int) string {
	text := make([]byte, n)
	state := uint32(seed)*2654435761 + 1
	for i := range text {
		state = state*1664525 + 1013904223
		text[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"[state>>26]
	}
	return string(text)
}

// TestAFullDocument: what does not fit is refused, and what was there stays.
func TestAFullDocument(t *testing.T) {
	t.Parallel()
	s := open(t)
	var full error
	for call := range 4 {
		var in []backoffice.BulkInput[catalog.Location]
		for i := range 500 {
			l := store(fmt.Sprintf("Store %d-%d", call, i), "Portland")
			l.Note, l.StreetAddress, l.ArchiveReason = noise(call*500+i, 1000), noise(call*500+i+7, 500), ""
			l.OrderLink = "https://a.example/" + noise(call*500+i+9, 1900)
			in = append(in, rowsOf(l)...)
		}
		if _, full = s.BulkLocations(s.ctx, boss(), s.id, in, backoffice.BulkOptions{}); full != nil {
			break
		}
	}
	require.ErrorIs(t, full, fault.Invalid)
	require.ErrorContains(t, full, "the list is full")
	stats, err := s.LocationStats(s.ctx, s.id)
	require.NoError(t, err)
	require.Zero(t, stats.Total%500)
	require.NotZero(t, stats.Total)
}
