package pages

import (
	"cmp"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// row is a keyword or a service in one language.
type row struct {
	language catalog.Language
	id, slug string
	// text is the phrase in the row's language; english and nameES are the names of a service.
	text, english, nameES string
	intent                string
	// values are the row's variables, by slot.
	values []string
	issues issues
}

// makeRows lists the rows of the job in the order of its pages.
func makeRows(in *Input, out exclusions) []row {
	if in.PageType.Services() {
		return serviceRows(in, out)
	}
	return keywordRows(in, out)
}

// keywordRows are sorted by language, slug and id: pages of one language run together, because they share a prefix.
func keywordRows(in *Input, out exclusions) []row {
	wanted := pick(in.Selection.KeywordIDs)
	rows := make([]row, 0, len(in.Catalog.Keywords))
	for _, k := range in.Catalog.Keywords {
		switch {
		case !wanted.has(k.ID):
		case !in.Catalog.Business.Speaks(k.Language):
			out[CauseLanguageDisabled]++
		case slices.Contains(in.Languages, k.Language):
			rows = append(rows, row{language: k.Language, id: k.ID, slug: k.Slug, text: k.Keyword, intent: k.SearchIntent})
		}
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.language, b.language), cmp.Compare(a.slug, b.slug), cmp.Compare(a.id, b.id))
	})
	return rows
}

// serviceRows keep the order of the catalog, all English ones before the Spanish ones.
func serviceRows(in *Input, out exclusions) []row {
	wanted := pick(in.Selection.ServiceIDs)
	spanish := in.Catalog.Business.Speaks(catalog.Spanish)
	var rows, inSpanish []row
	for _, s := range in.Catalog.Services {
		if !wanted.has(s.ID) {
			continue
		}
		r := row{language: catalog.English, id: s.ID, slug: s.Slug, text: s.Name, english: s.Name, nameES: s.NameES, intent: "transactional"}
		if slices.Contains(in.Languages, catalog.English) {
			rows = append(rows, r)
		}
		switch {
		case !spanish && s.NameES != "":
			out[CauseLanguageDisabled]++
		case !slices.Contains(in.Languages, catalog.Spanish):
		case s.NameES == "":
			out[CauseMissingTranslation]++
		default:
			r.language, r.text = catalog.Spanish, s.NameES
			inSpanish = append(inSpanish, r)
		}
	}
	return append(rows, inSpanish...)
}
