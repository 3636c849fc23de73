package httpapi

import (
	"github.com/microcosm-cc/bluemonday"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// PageHTML is the document of a page's content, for tests that look at it without a job.
func PageHTML(c pages.Content) string {
	return pageHTML(bluemonday.StrictPolicy(), catalog.English, c)
}
