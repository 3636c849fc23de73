package catalogfile_test

import (
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// TestSamplePages holds the samples to the figures that are written in them.
func TestSamplePages(t *testing.T) {
	t.Parallel()
	english, spanish, all := []catalog.Language{catalog.English}, []catalog.Language{catalog.Spanish}, catalog.Languages()
	for _, c := range []struct {
		sample   string
		pageType catalog.PageType
		// want is the number of pages in English, in Spanish and in both.
		want [3]int
	}{
		{"harbor-plumbing", catalog.KeywordServiceArea, [3]int{1300, 312, 1612}},
		{"harbor-plumbing", catalog.BlogServiceArea, [3]int{1300, 312, 1612}},
		{"harbor-plumbing", catalog.KeywordLocation, [3]int{50, 12, 62}},
		{"harbor-plumbing", catalog.ServiceServiceArea, [3]int{208, 156, 364}},
		{"two-stores-taqueria", catalog.ServiceLocation, [3]int{14, 14, 28}},
		{"two-stores-taqueria", catalog.KeywordLocation, [3]int{12, 12, 24}},
		{"two-stores-taqueria", catalog.BlogServiceArea, [3]int{18, 18, 36}},
	} {
		business := load(t, filepath.Join(samples, c.sample+".yaml"))
		for i, languages := range [][]catalog.Language{english, spanish, all} {
			input, err := pages.Build(business, pages.Options{
				PageType: string(c.pageType), Languages: languages, Model: "claude-haiku-5-5", Year: 2026,
			})
			require.NoError(t, err, c.sample)
			plan, err := pages.Open(input)
			require.NoError(t, err, c.sample)
			require.Equal(t, c.want[i], plan.Size(), "%s %s %v", c.sample, c.pageType, languages)
			for _, missing := range plan.Missing() {
				require.False(t, missing.Required, "%s: %s", c.sample, missing.Name)
			}
			for ordinal := range plan.Size() {
				require.Empty(t, plan.Page(ordinal).Issues)
			}
		}
	}
}

// TestSampleTexts looks for what would spoil a page: phrases too long for a title, and real numbers or sites.
func TestSampleTexts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"harbor-plumbing", "two-stores-taqueria"} {
		c := load(t, filepath.Join(samples, name+".yaml"))
		for _, k := range c.Keywords {
			require.LessOrEqual(t, utf8.RuneCountInString(k.Keyword), 40, k.Keyword)
		}
		require.Contains(t, c.Business.Phone, "555-01")
		for _, l := range c.Locations {
			require.Contains(t, l.Phone, "555-01")
		}
		text := get(t, filepath.Join(samples, name+".yaml"))
		for piece := range strings.SplitSeq(text, "https://") {
			host, _, _ := strings.Cut(piece, "/")
			if strings.HasPrefix(piece, "#") {
				continue
			}
			require.Regexp(t, `^[a-z.]*\.?(example|example\.com)\W`, host+" ", "a made-up business has no real site")
		}
	}
}
