package catalogfile

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// keywordIndex knows the keywords of one language: slug to text, and text ignoring case to slug.
type keywordIndex struct{ slugs, texts map[string]string }

// foldCase is the form in which texts that differ in case only are equal.
func foldCase(s string) string { return strings.ToLower(strings.ToUpper(s)) }

func (im *importer) know(k catalog.Keyword) {
	im.keywords[k.Language].slugs[k.Slug] = k.Keyword
	im.keywords[k.Language].texts[foldCase(k.Keyword)] = k.Slug
	im.ids.keywords[k.ID] = true
}

// has says why the keyword need not or cannot be added; "" when nothing stands in its way.
func (im *importer) has(k catalog.Keyword) string {
	index := im.keywords[k.Language]
	if slug, there := index.texts[foldCase(k.Keyword)]; there {
		return fmt.Sprintf("%s is in the catalog (slug %s)", shown(k.Keyword), slug)
	}
	if text, there := index.slugs[k.Slug]; there {
		return fmt.Sprintf("%s would have the slug of %s", shown(k.Keyword), shown(text))
	}
	return ""
}

// keyword adds a row of a keyword CSV: one keyword, or an English one with its Spanish twin.
func (im *importer) keyword(cells map[string]string) (RowStatus, string) {
	row := catalog.Keyword{
		Keyword: cells["keyword"], Language: catalog.Language(strings.ToLower(strings.TrimSpace(cells["language"]))),
		KeywordES: cells["keyword_es"], SearchIntent: strings.ToLower(cells["search_intent"]),
	}
	clean, problems := catalog.Catalog{Business: im.catalog.Business, Keywords: []catalog.Keyword{row}}.Normalise()
	if len(problems) > 0 {
		return RowFailed, rowProblem(problems[0])
	}
	first := clean.Keywords[0]
	duplicate := im.has(first)
	switch {
	case len(clean.Keywords) == 1 && duplicate != "":
		return RowDuplicate, duplicate
	case len(clean.Keywords) == 1:
		return im.addKeywords(clean.Keywords, keywordEntry(first, ""))
	case duplicate != "":
		return im.twin(first, clean.Keywords[1], duplicate)
	}
	twin := clean.Keywords[1]
	if taken := im.has(twin); taken != "" {
		return RowFailed, "keyword_es: " + taken + "; give that one translation_of, or leave keyword_es empty"
	}
	return im.addKeywords(clean.Keywords, keywordEntry(first, twin.Keyword))
}

// twin adds the Spanish keyword of an English one that is there already.
func (im *importer) twin(english, spanish catalog.Keyword, duplicate string) (RowStatus, string) {
	slug, there := im.keywords[catalog.English].texts[foldCase(english.Keyword)]
	if !there {
		return RowDuplicate, duplicate
	}
	spanish.Slug = slug
	spanish.ID = string(catalog.Spanish) + "-" + slug
	current, paired := im.keywords[catalog.Spanish].slugs[slug]
	switch {
	case paired && foldCase(current) == foldCase(spanish.Keyword):
		return RowDuplicate, duplicate
	case paired:
		return RowFailed, fmt.Sprintf("keyword_es: %s has the Spanish twin %s already; change it in the catalog", shown(english.Keyword), shown(current))
	}
	if taken := im.has(spanish); taken != "" {
		return RowFailed, "keyword_es: " + taken + "; give that one translation_of, or leave keyword_es empty"
	}
	row := catalog.Keyword{Keyword: spanish.Keyword, Language: catalog.Spanish, TranslationOf: slug, SearchIntent: spanish.SearchIntent}
	trial := catalog.Catalog{Business: im.catalog.Business, Keywords: []catalog.Keyword{{Keyword: english.Keyword, Slug: slug}, row}}
	clean, problems := trial.Normalise()
	if len(problems) > 0 {
		return RowFailed, rowProblem(problems[0])
	}
	return im.addKeywords(clean.Keywords[1:], keywordEntry(row, ""))
}

func (im *importer) addKeywords(added []catalog.Keyword, e entry) (RowStatus, string) {
	if len(im.catalog.Keywords)+len(added) > catalog.MaxKeywords {
		return RowFailed, fmt.Sprintf("the catalog has %d keywords, at most %d are allowed; remove some", len(im.catalog.Keywords), catalog.MaxKeywords)
	}
	var names []string
	for _, k := range added {
		if im.ids.keywords[k.ID] {
			return RowFailed, "another keyword of the catalog has the id " + k.ID + "; change that id"
		}
		names = append(names, k.Keyword)
	}
	for _, k := range added {
		im.know(k)
	}
	im.catalog.Keywords = append(im.catalog.Keywords, added...)
	im.newKeywords = append(im.newKeywords, e)
	return RowCreated, strings.Join(names, " + ")
}

// area adds a row of an area CSV.
func (im *importer) area(cells map[string]string) (RowStatus, string) {
	row := catalog.ServiceArea{City: cells["city"], State: cells["state"], County: cells["county"], Country: cells["country"]}
	if text := strings.TrimSpace(cells["priority"]); text != "" {
		priority, err := strconv.Atoi(text)
		if err != nil {
			return RowFailed, fmt.Sprintf("priority: %s is no whole number; write 1 to 10", shown(text))
		}
		row.Priority = &priority
	}
	clean, problems := catalog.Catalog{Business: im.catalog.Business, ServiceAreas: []catalog.ServiceArea{row}}.Normalise()
	if len(problems) > 0 {
		return RowFailed, rowProblem(problems[0])
	}
	added := clean.ServiceAreas[0]
	switch {
	case im.areas[added.Slug]:
		return RowDuplicate, fmt.Sprintf("%s, %s is in the catalog (slug %s)", added.City, added.State, added.Slug)
	case im.ids.areas[added.ID]:
		return RowFailed, "another service area of the catalog has the id " + added.ID + "; change that id"
	case len(im.catalog.ServiceAreas) >= catalog.MaxServiceAreas:
		return RowFailed, fmt.Sprintf("the catalog has %d service areas, which is the most allowed; remove some", catalog.MaxServiceAreas)
	}
	im.areas[added.Slug], im.ids.areas[added.ID] = true, true
	im.catalog.ServiceAreas = append(im.catalog.ServiceAreas, added)
	im.newAreas = append(im.newAreas, areaEntry(added, row, im.catalog.Business.Country))
	return RowCreated, added.City + ", " + added.State
}

// rowProblem names the column that a rule speaks of.
func rowProblem(p catalog.Problem) string {
	_, column, _ := strings.Cut(strings.TrimPrefix(p.Path, "/"), "/")
	if _, member, ok := strings.Cut(column, "/"); ok {
		return member + ": " + p.Message
	}
	return p.Message
}
