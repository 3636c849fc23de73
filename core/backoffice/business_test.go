package backoffice_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// shop is an office with one business.
type shop struct {
	founded
	ctx context.Context
	id  string
}

func open(t testing.TB) shop {
	t.Helper()
	f := found(t, nil)
	s := shop{founded: f, ctx: context.Background()}
	s.id = s.business(t, "Harbor Plumbing").ID
	return s
}

func (s shop) business(t testing.TB, name string) backoffice.Business {
	t.Helper()
	b, err := s.CreateBusiness(s.ctx, boss(), catalog.Business{Name: name, IndustryType: "Plumber"})
	require.NoError(t, err)
	return b
}

// now reads the business.
func (s shop) now(t *testing.T) backoffice.Business {
	t.Helper()
	b, err := s.Business(s.ctx, s.id)
	require.NoError(t, err)
	return b
}

// told checks that an error names the paths with their codes, in this order.
func told(t *testing.T, err error, want ...string) {
	t.Helper()
	require.Error(t, err)
	problems, is := err.(catalog.Problems)                      //nolint:errorlint // the error itself is the list
	if d, duplicate := err.(*backoffice.Duplicate); duplicate { //nolint:errorlint // as above
		problems, is = d.Problems, true
		require.ErrorIs(t, err, fault.Conflict)
	}
	require.True(t, is, "%v", err)
	var got []string
	for _, p := range problems {
		got = append(got, p.Path+" "+p.Code)
	}
	require.Equal(t, want, got, "%v", err)
}

func TestCreateBusiness(t *testing.T) {
	t.Parallel()
	s := open(t)
	b, err := s.CreateBusiness(s.ctx, boss(), catalog.Business{ID: "mine", Name: "  Joe's  Diner ", IndustryType: "Restaurant", Phone: "207-555-0142", Website: "https://joe.example"})
	require.NoError(t, err)
	require.NotEqual(t, "mine", b.ID)
	require.Equal(t, "Joe's Diner", b.Name)
	require.Equal(t, "Restaurant", b.Industry)
	require.Equal(t, []catalog.Language{"en"}, b.EnabledLanguages)
	require.Equal(t, backoffice.BusinessActive, b.Status)
	require.Equal(t, 15, b.Score)
	require.EqualValues(t, 1, b.Revision)

	read, err := s.Business(s.ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, b, read)
	q, err := s.Questionnaire(s.ctx, b.ID)
	require.NoError(t, err)
	require.Equal(t, "professional", q.Data.Brand.VoiceTone)
	require.EqualValues(t, 1, q.Revision)
	h, err := s.Hours(s.ctx, b.ID)
	require.NoError(t, err)
	require.Empty(t, h.Days)
	require.EqualValues(t, 1, h.Revision)

	line := s.trail(t)[0]
	require.Equal(t, "business.create", line.Action)
	require.Equal(t, backoffice.Target{Type: "business", ID: b.ID, Business: b.ID}, line.Target)
	require.Empty(t, line.Before)
	require.NotEmpty(t, line.After)

	_, err = s.CreateBusiness(s.ctx, boss(), catalog.Business{Name: "x", IndustryType: "Nothing", Phone: "secret"})
	told(t, err, "/name too_short", "/industry_type not_allowed", "/phone too_short")
	require.Len(t, s.trail(t), 2)
}

// Whoever is bound to some businesses does not get at others by adding them, with budgets of their own.
func TestABusinessIsAddedByThoseWhoSeeAll(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, bound := range [][]string{nil, {s.id}} {
		by := backoffice.Caller{Principal: "importer", Kind: backoffice.Service, Role: backoffice.Operator, Businesses: bound}
		_, err := s.CreateBusiness(s.ctx, by, catalog.Business{Name: "Second", IndustryType: "Plumber"})
		require.ErrorIs(t, err, fault.Rejected)
	}
	list, _, err := s.Businesses(s.ctx, boss(), "", 0, "")
	require.NoError(t, err)
	require.Len(t, list, 1)
}

func TestPatchBusiness(t *testing.T) {
	t.Parallel()
	s := open(t)
	b, err := s.PatchBusiness(s.ctx, boss(), s.id, 1, backoffice.BusinessPatch{
		Name: backoffice.To("Harbor & Co"), Email: backoffice.To("a@b.example"), Website: backoffice.To("https://a.example"),
		IndustryType: backoffice.To("Electrician"), EnabledLanguages: backoffice.To([]catalog.Language{"es", "en"}),
	})
	require.NoError(t, err)
	require.Equal(t, "Harbor & Co", b.Name)
	require.Equal(t, "Electrician", b.Industry)
	require.Equal(t, []catalog.Language{"en", "es"}, b.EnabledLanguages)
	require.Equal(t, 15, b.Score)
	require.EqualValues(t, 2, b.Revision)
	require.Equal(t, b, s.now(t))
	require.Equal(t, []string{"email", "enabled_languages", "industry", "industry_type", "name", "website"}, s.trail(t)[0].ChangedFields)

	b, err = s.PatchBusiness(s.ctx, boss(), s.id, backoffice.Any, backoffice.BusinessPatch{Email: backoffice.Null[string](), Industry: backoffice.To("Sparks")})
	require.NoError(t, err)
	require.Empty(t, b.Email)
	require.Equal(t, "Sparks", b.Industry)
	b, err = s.PatchBusiness(s.ctx, boss(), s.id, 3, backoffice.BusinessPatch{IndustryType: backoffice.To("Plumber")})
	require.NoError(t, err)
	require.Equal(t, "Sparks", b.Industry, "own words stay")

	var stale *backoffice.Stale
	_, err = s.PatchBusiness(s.ctx, boss(), s.id, 1, backoffice.BusinessPatch{})
	require.ErrorAs(t, err, &stale)
	require.EqualValues(t, 4, stale.Revision)
	_, err = s.PatchBusiness(s.ctx, boss(), s.id, 4, backoffice.BusinessPatch{Name: backoffice.Null[string](), Country: backoffice.To("XX")})
	told(t, err, "/name required", "/country not_allowed")
	_, err = s.PatchBusiness(s.ctx, boss(), "nobody", backoffice.Any, backoffice.BusinessPatch{})
	require.ErrorIs(t, err, fault.NotFound)
	require.EqualValues(t, 4, s.now(t).Revision)
}

func TestANewBusinessNameIsInDisplayNames(t *testing.T) {
	t.Parallel()
	s := open(t)
	auto, err := s.CreateLocation(s.ctx, boss(), s.id, store("Main", "Portland"))
	require.NoError(t, err)
	own := store("Other", "Bath")
	own.DisplayName = "The Other"
	kept, err := s.CreateLocation(s.ctx, boss(), s.id, own)
	require.NoError(t, err)
	_, err = s.PatchBusiness(s.ctx, boss(), s.id, backoffice.Any, backoffice.BusinessPatch{Name: backoffice.To("Bay Pipes")})
	require.NoError(t, err)
	auto, err = s.Location(s.ctx, s.id, auto.Value.ID)
	require.NoError(t, err)
	require.Equal(t, "Bay Pipes (Main)", auto.Value.DisplayName)
	require.EqualValues(t, 2, auto.Revision)
	kept, err = s.Location(s.ctx, s.id, kept.Value.ID)
	require.NoError(t, err)
	require.Equal(t, "The Other", kept.Value.DisplayName)
	require.EqualValues(t, 1, kept.Revision)
}

func TestPatchFromJSON(t *testing.T) {
	t.Parallel()
	var p struct {
		A, B, C backoffice.Patch[string]
		D       backoffice.Patch[int]
	}
	require.NoError(t, json.Unmarshal([]byte(`{"A":"x","B":null,"D":7}`), &p))
	require.Equal(t, backoffice.To("x"), p.A)
	require.Equal(t, backoffice.Null[string](), p.B)
	require.False(t, p.C.Set)
	require.Equal(t, 7, *p.D.Value)
	require.Error(t, json.Unmarshal([]byte(`{"D":"7"}`), &p))
}

// TestAScoreAloneIsNoNewRevision: it comes of other records, and whoever has read the business may still change it.
func TestAScoreAloneIsNoNewRevision(t *testing.T) {
	t.Parallel()
	s := open(t)
	before := s.now(t)
	s.clock.forward(time.Hour)
	_, err := s.PutHours(s.ctx, boss(), s.id, backoffice.Any, week())
	require.NoError(t, err)
	_, err = s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "Drain cleaning"})
	require.NoError(t, err)
	after := s.now(t)
	require.Greater(t, after.Score, before.Score)
	require.Equal(t, before.Meta, after.Meta)
	b, err := s.PatchBusiness(s.ctx, boss(), s.id, before.Revision, backoffice.BusinessPatch{Email: backoffice.To("a@b.example")})
	require.NoError(t, err)
	require.Equal(t, before.Revision+1, b.Revision)
	require.True(t, b.UpdatedAt.After(before.UpdatedAt))
	require.Greater(t, b.Score, after.Score)
}
