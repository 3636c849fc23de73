package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// phrase draws texts that rules may change or refuse.
func phrase() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"", " ", "Portland", "  São  Paulo ", "drain\u00a0cleaning", "İstanbul", "Đà Nẵng", "blog", "東京", "a-b", "\ufeffx"}),
		rapid.StringN(0, 12, 40),
	)
}

func language() *rapid.Generator[catalog.Language] {
	return rapid.SampledFrom([]catalog.Language{"", catalog.English, catalog.Spanish})
}

// drawCatalog makes a catalog of which a fair part is valid.
func drawCatalog(t *rapid.T) catalog.Catalog {
	keyword := rapid.Custom(func(t *rapid.T) catalog.Keyword {
		return catalog.Keyword{
			Keyword: phrase().Draw(t, "keyword") + " kw", Language: language().Draw(t, "language"),
			KeywordES: rapid.SampledFrom([]string{"", "", "otra cosa"}).Draw(t, "es"),
			Slug:      rapid.SampledFrom([]string{"", "", "a-slug"}).Draw(t, "slug"),
		}
	})
	service := rapid.Custom(func(t *rapid.T) catalog.Service {
		return catalog.Service{Name: phrase().Draw(t, "name") + "s", NameES: phrase().Draw(t, "es")}
	})
	location := rapid.Custom(func(t *rapid.T) catalog.Location {
		return catalog.Location{
			Name: phrase().Draw(t, "name") + "n", City: rapid.SampledFrom([]string{"Bath", "Portland", "San José"}).Draw(t, "city"),
			State: "me", Status: rapid.SampledFrom([]string{"", "upcoming"}).Draw(t, "status"),
			ArchivedAt: rapid.SampledFrom([]string{"", "2025-01-01T00:00:00+05:30"}).Draw(t, "archived"),
		}
	})
	return catalog.Catalog{
		Business:  catalog.Business{ID: "b", Name: phrase().Draw(t, "name") + "Bn", IndustryType: "Plumber", Country: rapid.SampledFrom([]string{"", "usa"}).Draw(t, "country")},
		Keywords:  rapid.SliceOfN(keyword, 0, 3).Draw(t, "keywords"),
		Services:  rapid.SliceOfN(service, 0, 3).Draw(t, "services"),
		Locations: rapid.SliceOfN(location, 0, 4).Draw(t, "locations"),
	}
}

func TestNormaliseIsIdempotent(t *testing.T) {
	t.Parallel()
	valid := 0
	rapid.Check(t, func(t *rapid.T) {
		n, problems := drawCatalog(t).Normalise()
		if len(problems) > 0 {
			return
		}
		valid++
		again, problems := n.Normalise()
		require.Empty(t, problems)
		require.Equal(t, n, again)
		for _, k := range n.Keywords {
			require.NotEmpty(t, k.Slug)
			require.True(t, catalog.ValidID(k.ID))
		}
	})
	require.Positive(t, valid)
}
