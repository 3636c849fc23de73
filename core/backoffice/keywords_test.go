package backoffice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func (s shop) keyword(t *testing.T, k catalog.Keyword) backoffice.KeywordRow {
	t.Helper()
	r, err := s.CreateKeyword(s.ctx, boss(), s.id, k)
	require.NoError(t, err)
	return r
}

// keywords are the texts in the order of the list.
func (s shop) keywords(t *testing.T, f backoffice.KeywordFilter) (texts []string) {
	t.Helper()
	for cursor := ""; ; {
		list, next, err := s.Keywords(s.ctx, s.id, f, 2, cursor)
		require.NoError(t, err)
		for _, r := range list {
			texts = append(texts, r.Value.Keyword)
		}
		if cursor = next; cursor == "" {
			return texts
		}
	}
}

func TestKeywords(t *testing.T) {
	t.Parallel()
	s := open(t)
	pair := s.keyword(t, catalog.Keyword{Keyword: "emergency  plumber", KeywordES: "plomero de emergencia", SearchIntent: "local"})
	require.Equal(t, "emergency plumber", pair.Value.Keyword)
	twin, err := s.Keyword(s.ctx, s.id, pair.TwinID)
	require.NoError(t, err)
	require.Equal(t, "emergency-plumber", twin.Value.Slug)
	require.Equal(t, catalog.Spanish, twin.Value.Language)
	require.Equal(t, "local", twin.Value.SearchIntent)
	require.Equal(t, pair.Value.ID, twin.TwinID)

	single := s.keyword(t, catalog.Keyword{Keyword: "Drain"})
	require.Empty(t, single.TwinID)
	late := s.keyword(t, catalog.Keyword{Keyword: "drenaje", Language: "es", TranslationOf: single.Value.ID})
	require.Equal(t, single.Value.ID, late.TwinID)
	require.Equal(t, "drain", late.Value.Slug)
	single, err = s.Keyword(s.ctx, s.id, single.Value.ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, single.Revision, "its twin is news")
	s.keyword(t, catalog.Keyword{Keyword: "zebra", Slug: "a-1"})

	require.Equal(t, []string{"zebra", "Drain", "drenaje", "emergency plumber", "plomero de emergencia"}, s.keywords(t, backoffice.KeywordFilter{}))
	require.Equal(t, []string{"drenaje", "plomero de emergencia"}, s.keywords(t, backoffice.KeywordFilter{Language: "es"}))
	require.Equal(t, []string{"Drain"}, s.keywords(t, backoffice.KeywordFilter{Query: "DRÁIN"}))
	require.Equal(t, []string{"zebra"}, s.keywords(t, backoffice.KeywordFilter{Paired: yes(false)}))
	require.Len(t, s.keywords(t, backoffice.KeywordFilter{Paired: yes(true)}), 4)
	_, _, err = s.Keywords(s.ctx, "nobody", backoffice.KeywordFilter{}, 0, "")
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.Keyword(s.ctx, s.id, "nothing")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestKeywordRefused(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.keyword(t, catalog.Keyword{Keyword: "drain", KeywordES: "drenaje"})
	for name, tc := range map[string]struct {
		keyword catalog.Keyword
		want    []string
	}{
		"Text":            {catalog.Keyword{Keyword: "DRAIN", Slug: "other"}, []string{"/keyword duplicate"}},
		"Slug":            {catalog.Keyword{Keyword: "new", Slug: "drain"}, []string{"/slug duplicate"}},
		"Twin":            {catalog.Keyword{Keyword: "new", KeywordES: "Drenaje"}, []string{"/keyword_es duplicate"}},
		"TwinShort":       {catalog.Keyword{Keyword: "new", KeywordES: "x"}, []string{"/keyword_es too_short"}},
		"TwinOfSpanish":   {catalog.Keyword{Keyword: "nueva", Language: "es", KeywordES: "nuevo"}, []string{"/keyword_es invalid"}},
		"Language":        {catalog.Keyword{Keyword: "neu", Language: "de"}, []string{"/language not_allowed"}},
		"Intent":          {catalog.Keyword{Keyword: "new", SearchIntent: "buy"}, []string{"/search_intent not_allowed"}},
		"Translation":     {catalog.Keyword{Keyword: "nuevo", Language: "es", TranslationOf: "what"}, []string{"/translation_of unknown_reference"}},
		"Translation2":    {catalog.Keyword{Keyword: "new", TranslationOf: "what"}, []string{"/translation_of unknown_reference"}},
		"TranslationSlug": {catalog.Keyword{Keyword: "nuevo", Language: "es", TranslationOf: "drain", Slug: "mine"}, []string{"/slug invalid", "/slug duplicate"}},
		"TranslatedTwice": {catalog.Keyword{Keyword: "nuevo", Language: "es", TranslationOf: "drain"}, []string{"/slug duplicate"}},
		"Empty":           {catalog.Keyword{}, []string{"/keyword required"}},
		"NoSlug":          {catalog.Keyword{Keyword: "東京"}, []string{"/slug invalid"}},
		"SlugForm":        {catalog.Keyword{Keyword: "new", Slug: "A b"}, []string{"/slug invalid"}},
	} {
		_, err := s.CreateKeyword(s.ctx, boss(), s.id, tc.keyword)
		require.Error(t, err, name)
		told(t, err, tc.want...)
		for _, value := range []string{"new", "nuev", "Drenaje", "what", "mine", "buy", "東京"} {
			require.NotContains(t, err.Error(), `"`+value, name)
		}
	}
	require.Len(t, s.keywords(t, backoffice.KeywordFilter{}), 2)
}

func TestPatchKeyword(t *testing.T) {
	t.Parallel()
	s := open(t)
	en := s.keyword(t, catalog.Keyword{Keyword: "drain", KeywordES: "drenaje"})
	r, err := s.PatchKeyword(s.ctx, boss(), s.id, en.Value.ID, 1, backoffice.KeywordPatch{Keyword: backoffice.To("drains"), SearchIntent: backoffice.To("local")})
	require.NoError(t, err)
	require.Equal(t, "drain", r.Value.Slug)
	twin, err := s.Keyword(s.ctx, s.id, en.TwinID)
	require.NoError(t, err)
	require.EqualValues(t, 1, twin.Revision)

	r, err = s.PatchKeyword(s.ctx, boss(), s.id, en.TwinID, 1, backoffice.KeywordPatch{Slug: backoffice.To("pipes")})
	require.NoError(t, err)
	require.Equal(t, en.Value.ID, r.TwinID)
	en, err = s.Keyword(s.ctx, s.id, en.Value.ID)
	require.NoError(t, err)
	require.Equal(t, "pipes", en.Value.Slug)
	require.EqualValues(t, 3, en.Revision)
	r, err = s.PatchKeyword(s.ctx, boss(), s.id, en.Value.ID, backoffice.Any, backoffice.KeywordPatch{Slug: backoffice.Null[string](), SearchIntent: backoffice.Null[string]()})
	require.NoError(t, err)
	require.Equal(t, "drains", r.Value.Slug)
	require.Equal(t, en.TwinID, r.TwinID)
	require.Empty(t, r.Value.SearchIntent)

	other := s.keyword(t, catalog.Keyword{Keyword: "leak"})
	_, err = s.PatchKeyword(s.ctx, boss(), s.id, other.Value.ID, 1, backoffice.KeywordPatch{Slug: backoffice.To("drains")})
	told(t, err, "/slug duplicate")
	_, err = s.PatchKeyword(s.ctx, boss(), s.id, en.Value.ID, backoffice.Any, backoffice.KeywordPatch{Keyword: backoffice.To("LEAK")})
	told(t, err, "/keyword duplicate")
	_, err = s.PatchKeyword(s.ctx, boss(), s.id, en.Value.ID, backoffice.Any, backoffice.KeywordPatch{Language: backoffice.To(catalog.Spanish)})
	told(t, err, "/slug duplicate")
	r, err = s.PatchKeyword(s.ctx, boss(), s.id, other.Value.ID, 1, backoffice.KeywordPatch{Language: backoffice.To(catalog.Spanish), Slug: backoffice.Null[string]()})
	require.NoError(t, err)
	require.Equal(t, catalog.Spanish, r.Value.Language)
	_, err = s.PatchKeyword(s.ctx, boss(), s.id, other.Value.ID, 1, backoffice.KeywordPatch{})
	require.ErrorIs(t, err, fault.Conflict)
	_, err = s.PatchKeyword(s.ctx, boss(), s.id, "nothing", 1, backoffice.KeywordPatch{})
	require.ErrorIs(t, err, fault.NotFound)
}

func TestDeleteKeyword(t *testing.T) {
	t.Parallel()
	s := open(t)
	a := s.keyword(t, catalog.Keyword{Keyword: "aa", KeywordES: "aes"})
	b := s.keyword(t, catalog.Keyword{Keyword: "bb", KeywordES: "bes"})
	require.NoError(t, s.DeleteKeyword(s.ctx, boss(), s.id, a.Value.ID, 1, true))
	require.Equal(t, []string{"bb", "bes"}, s.keywords(t, backoffice.KeywordFilter{}))
	require.NoError(t, s.DeleteKeyword(s.ctx, boss(), s.id, b.Value.ID, 1, false))
	left, err := s.Keyword(s.ctx, s.id, b.TwinID)
	require.NoError(t, err)
	require.Empty(t, left.TwinID)
	require.EqualValues(t, 2, left.Revision)
	require.ErrorIs(t, s.DeleteKeyword(s.ctx, boss(), s.id, b.TwinID, 1, true), fault.Conflict)
	require.NoError(t, s.DeleteKeyword(s.ctx, boss(), s.id, b.TwinID, 2, true))
	require.ErrorIs(t, s.DeleteKeyword(s.ctx, boss(), s.id, b.TwinID, 2, true), fault.NotFound)
}
