package output_test

import (
	"strings"
	"testing"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// BenchmarkWrite writes the sample's 1,300 pages of 400 words in both formats.
func BenchmarkWrite(b *testing.B) {
	plan := sample(b, "harbor-plumbing", catalog.KeywordServiceArea, nil, catalog.English)
	e := completed(plan.Size(), func(ordinal int) pages.Content {
		c := plain(ordinal)
		c.Body = strings.Repeat("Words that fill a page with text. ", 60)
		return c
	})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := output.Write(b.Context(), e, jobID, plan, b.TempDir(), both); err != nil {
			b.Fatal(err)
		}
	}
}
