package backoffice_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// editor makes random edits of one business, some of them good, and knows how many entries there must be.
type editor struct {
	*backoffice.Office
	ctx context.Context
	id  string
}

// settled reports whether an edit was made; it may only fail in ways that are its caller's to correct.
func settled(t *rapid.T, err error) bool {
	if err != nil && !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.Conflict) && !errors.Is(err, fault.NotFound) {
		t.Fatalf("an edit failed: %v", err)
	}
	return err == nil
}

func (e editor) catalog(t *rapid.T) catalog.Catalog {
	c, err := e.Catalog(e.ctx, e.id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// anyOf draws one of the ids, or one that is none.
func anyOf[T any](t *rapid.T, list []T, id func(T) string) string {
	ids := []string{"nothing"}
	for _, v := range list {
		ids = append(ids, id(v))
	}
	return rapid.SampledFrom(ids).Draw(t, "id")
}

func drawn(t *rapid.T, name string, texts ...string) string {
	return rapid.SampledFrom(texts).Draw(t, name)
}

func drawnPatch(t *rapid.T, name string, texts ...string) backoffice.Patch[string] {
	return rapid.SampledFrom([]backoffice.Patch[string]{{}, backoffice.Null[string](), backoffice.To(drawn(t, name, texts...))}).Draw(t, name+" patch")
}

func flagPatch(t *rapid.T) backoffice.Patch[bool] {
	return rapid.SampledFrom([]backoffice.Patch[bool]{{}, backoffice.To(true), backoffice.To(false)}).Draw(t, "primary")
}

func (e editor) actions() map[string]func(*rapid.T) {
	words := []string{"drain", "Drain", "leak repair", "fugas", "x", "blog", "water heater", "São Paulo"}
	cities := []string{"Bath", "Saco", "York", "Portland", "B4d"}
	return map[string]func(*rapid.T){
		"CreateService": func(t *rapid.T) {
			_, err := e.CreateService(e.ctx, boss(), e.id, catalog.Service{Name: drawn(t, "name", words...), IsPrimary: rapid.Bool().Draw(t, "primary")})
			settled(t, err)
		},
		"PatchService": func(t *rapid.T) {
			id := anyOf(t, e.catalog(t).Services, func(s catalog.Service) string { return s.ID })
			_, err := e.PatchService(e.ctx, boss(), e.id, id, backoffice.Any, backoffice.ServicePatch{Name: drawnPatch(t, "name", words...), Slug: drawnPatch(t, "slug", "a", "drain", "B"), IsPrimary: flagPatch(t)})
			settled(t, err)
		},
		"DeleteService": func(t *rapid.T) {
			list := e.catalog(t).Services
			id := anyOf(t, list, func(s catalog.Service) string { return s.ID })
			gone := settled(t, e.DeleteService(e.ctx, boss(), e.id, id, backoffice.Any))
			require.Equal(t, gone, len(e.catalog(t).Services) == len(list)-1)
		},
		"OrderServices": func(t *rapid.T) {
			var ids []string
			for _, s := range e.catalog(t).Services {
				ids = append(ids, s.ID)
			}
			_, err := e.OrderServices(e.ctx, boss(), e.id, rapid.Permutation(ids).Draw(t, "order"))
			require.NoError(t, err)
		},
		"CreateKeyword": func(t *rapid.T) {
			before := len(e.catalog(t).Keywords)
			k, err := e.CreateKeyword(e.ctx, boss(), e.id, catalog.Keyword{
				Keyword: drawn(t, "keyword", words...), Language: catalog.Language(drawn(t, "language", "en", "es", "")),
				KeywordES: drawn(t, "es", append(words, "", "", "")...), TranslationOf: drawn(t, "of", "", "", "drain"),
			})
			if added := len(e.catalog(t).Keywords) - before; settled(t, err) {
				require.True(t, added == 1 || added == 2 && k.TwinID != "")
			} else {
				require.Zero(t, added)
			}
		},
		"PatchKeyword": func(t *rapid.T) {
			id := anyOf(t, e.catalog(t).Keywords, func(k catalog.Keyword) string { return k.ID })
			_, err := e.PatchKeyword(e.ctx, boss(), e.id, id, backoffice.Any, backoffice.KeywordPatch{Keyword: drawnPatch(t, "keyword", words...), Slug: drawnPatch(t, "slug", "drain", "a", "b")})
			settled(t, err)
		},
		"DeleteKeyword": func(t *rapid.T) {
			id := anyOf(t, e.catalog(t).Keywords, func(k catalog.Keyword) string { return k.ID })
			settled(t, e.DeleteKeyword(e.ctx, boss(), e.id, id, backoffice.Any, rapid.Bool().Draw(t, "pair")))
		},
		"CreateArea": func(t *rapid.T) {
			at := anyOf(t, e.catalog(t).Locations, func(l catalog.Location) string { return l.ID })
			_, err := e.CreateServiceArea(e.ctx, boss(), e.id, catalog.ServiceArea{City: drawn(t, "city", cities...), State: "ME", LocationID: rapid.SampledFrom([]string{"", at}).Draw(t, "location")})
			settled(t, err)
		},
		"PatchArea": func(t *rapid.T) {
			c := e.catalog(t)
			id := anyOf(t, c.ServiceAreas, func(a catalog.ServiceArea) string { return a.ID })
			at := anyOf(t, c.Locations, func(l catalog.Location) string { return l.ID })
			_, err := e.PatchServiceArea(e.ctx, boss(), e.id, id, backoffice.Any, backoffice.AreaPatch{City: drawnPatch(t, "city", cities...), Slug: drawnPatch(t, "slug", "x", "bath-me"), LocationID: drawnPatch(t, "location", at)})
			settled(t, err)
		},
		"CreateLocation": func(t *rapid.T) {
			_, err := e.CreateLocation(e.ctx, boss(), e.id, catalog.Location{Name: drawn(t, "name", words...), City: drawn(t, "city", cities...), State: "me", IsPrimary: rapid.Bool().Draw(t, "primary")})
			settled(t, err)
		},
		"PatchLocation": func(t *rapid.T) {
			id := anyOf(t, e.catalog(t).Locations, func(l catalog.Location) string { return l.ID })
			_, err := e.PatchLocation(e.ctx, boss(), e.id, id, backoffice.Any, backoffice.LocationPatch{Name: drawnPatch(t, "name", words...), City: drawnPatch(t, "city", cities...), Slug: drawnPatch(t, "slug", "x", "bath-me"), IsPrimary: flagPatch(t)})
			settled(t, err)
		},
		"ArchiveLocation": func(t *rapid.T) {
			id := anyOf(t, e.catalog(t).Locations, func(l catalog.Location) string { return l.ID })
			_, err := e.ArchiveLocation(e.ctx, boss(), e.id, id, backoffice.Any, "")
			settled(t, err)
		},
		"RestoreLocation": func(t *rapid.T) {
			id := anyOf(t, e.catalog(t).Locations, func(l catalog.Location) string { return l.ID })
			_, err := e.RestoreLocation(e.ctx, boss(), e.id, id, backoffice.Any)
			settled(t, err)
		},
		"PatchBusiness": func(t *rapid.T) {
			_, err := e.PatchBusiness(e.ctx, boss(), e.id, backoffice.Any, backoffice.BusinessPatch{Name: drawnPatch(t, "name", "Harbor", "Bay"), PrimaryCity: drawnPatch(t, "city", cities...)})
			settled(t, err)
		},
		"": func(t *rapid.T) { e.check(t) },
	}
}

// check holds the whole catalog against the rules, and the score that is kept against the catalog.
func (e editor) check(t *rapid.T) {
	c := e.catalog(t)
	c.PromptTemplates = nil
	clean, problems := c.Normalise()
	require.Empty(t, problems)
	require.Equal(t, clean, c)
	b, err := e.Business(e.ctx, e.id)
	require.NoError(t, err)
	require.Equal(t, catalog.Completeness(c).Score, b.Score)
	require.Equal(t, len(c.Services) > 0, slices.ContainsFunc(c.Services, func(s catalog.Service) bool { return s.IsPrimary }))
	require.False(t, slices.ContainsFunc(c.Locations, func(l catalog.Location) bool { return l.IsPrimary && l.Archived() }))
}

func TestRandomEditsKeepTheRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := open(t)
		r.Repeat(editor{s.Office, s.ctx, s.id}.actions())
	})
}

// TestALostAcknowledgement: whatever commit is not heard of, an edit is done once, audited once and answered as if nothing had been.
func TestALostAcknowledgement(t *testing.T) {
	t.Parallel()
	edits := func(t *testing.T, s shop) {
		t.Helper()
		k := s.keyword(t, catalog.Keyword{Keyword: "drain", KeywordES: "drenaje"})
		_, err := s.PatchKeyword(s.ctx, boss(), s.id, k.Value.ID, 1, backoffice.KeywordPatch{Slug: backoffice.To("drains")})
		require.NoError(t, err)
		require.NoError(t, s.DeleteKeyword(s.ctx, boss(), s.id, k.TwinID, 2, false))
		l := s.location(t, catalog.Location{Name: "Main", City: "Bath", State: "ME", IsPrimary: true})
		_, err = s.ArchiveLocation(s.ctx, boss(), s.id, l.Value.ID, 1, "moved")
		require.NoError(t, err)
		r, err := s.BulkServices(s.ctx, boss(), s.id, rowsOf(catalog.Service{Name: "A"}, catalog.Service{Name: "B"}), backoffice.BulkOptions{})
		require.NoError(t, err)
		require.Equal(t, 2, r.Summary.Created)
		_, err = s.PutHours(s.ctx, boss(), s.id, 1, week())
		require.NoError(t, err)
		b, err := s.PatchBusiness(s.ctx, boss(), s.id, backoffice.Any, backoffice.BusinessPatch{Name: backoffice.To("Bay")})
		require.NoError(t, err)
		require.Equal(t, b, s.now(t))
	}
	run := func(t *testing.T, lose func(n int) bool) (commits int, actions []string) {
		t.Helper()
		c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
		store := memstore.New(c, &memstore.Options{Hooks: memstore.Hooks{LoseAck: func([]ports.Key) bool {
			commits++
			return lose(commits)
		}}})
		s := shop{founded: founded{over(t, store, c, nil), c, store}, ctx: context.Background()}
		s.id = s.business(t, "Harbor").ID
		edits(t, s)
		require.Equal(t, []string{"A*", "B"}, s.services(t))
		require.Equal(t, []string{"drain"}, s.keywords(t, backoffice.KeywordFilter{}))
		for _, line := range s.trail(t) {
			actions = append(actions, line.Action+" "+string(line.Result))
		}
		require.NoError(t, s.DeleteBusiness(s.ctx, boss(), s.id, backoffice.Any, live(false, nil)))
		_, err := s.RemoveDeleted(s.ctx, liveOf(false, nil))
		require.NoError(t, err)
		require.Empty(t, s.left(t))
		return commits, actions
	}
	commits, want := run(t, func(int) bool { return false })
	require.Len(t, want, 9)
	for lost := 1; lost <= commits; lost++ {
		t.Run(fmt.Sprint(lost), func(t *testing.T) {
			t.Parallel()
			_, got := run(t, func(n int) bool { return n == lost })
			require.Equal(t, want, got)
		})
	}
}

// TestTwoEditorsAtOnce: of two who have seen the same revision one is told to read again.
func TestTwoEditorsAtOnce(t *testing.T) {
	t.Parallel()
	var between func()
	c := &watch{at: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)}
	store := memstore.New(c, &memstore.Options{Hooks: memstore.Hooks{BeforeCommit: func([]ports.Key) {
		if do := between; do != nil {
			between = nil
			do()
		}
	}}})
	s := shop{founded: founded{over(t, store, c, nil), c, store}, ctx: context.Background()}
	s.id = s.business(t, "Harbor").ID
	a := s.service(t, "A")
	between = func() {
		_, err := s.PatchService(s.ctx, boss(), s.id, a.Value.ID, 1, backoffice.ServicePatch{Name: backoffice.To("First")})
		require.NoError(t, err)
	}
	_, err := s.PatchService(s.ctx, boss(), s.id, a.Value.ID, 1, backoffice.ServicePatch{Name: backoffice.To("Second")})
	var stale *backoffice.Stale
	require.ErrorAs(t, err, &stale)
	require.EqualValues(t, 2, stale.Revision)
	require.Equal(t, []string{"First*"}, s.services(t))
	// Two who add to one list at once are both heard.
	between = func() { s.service(t, "B") }
	s.service(t, "C")
	require.Equal(t, []string{"First*", "B", "C"}, s.services(t))
}
