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

// column is a service area or a location.
type column struct {
	id, slug, city, state, county string
	// status is a location's, "" for an area.
	status string
	// own is the location that the column is; near the one that serves the area. Each may be nil.
	own, near *catalog.Location
	values    []string
}

// Cause is why a row or a column of the catalog gives no pages.
type Cause string

// The causes, in the order in which they are shown.
const (
	CauseUpcoming           Cause = "upcoming"
	CauseArchived           Cause = "archived"
	CauseNoStorefront       Cause = "no_storefront"
	CauseLanguageDisabled   Cause = "language_disabled"
	CauseMissingTranslation Cause = "missing_translation"
)

// advice says how the cause goes away.
func (c Cause) advice() string {
	switch c {
	case CauseUpcoming:
		return "include upcoming locations to have pages for them"
	case CauseArchived:
		return "archived locations have no pages"
	case CauseNoStorefront:
		return "locations of type service_area have no pages; use a page type of service areas"
	case CauseLanguageDisabled:
		return "enable the language in business.enabled_languages"
	}
	return "give the services a name_es"
}

// Exclusion is how many rows or columns give no pages for one cause.
type Exclusion struct {
	Cause Cause `json:"cause"`
	Count int   `json:"count"`
}

type exclusions map[Cause]int

func (e exclusions) list() (found []Exclusion) {
	for _, cause := range []Cause{
		CauseUpcoming, CauseArchived, CauseNoStorefront, CauseLanguageDisabled, CauseMissingTranslation,
	} {
		if e[cause] > 0 {
			found = append(found, Exclusion{cause, e[cause]})
		}
	}
	return found
}

// picked is a test whether a selection has an id; an empty selection has every id.
type picked map[string]bool

func pick(ids []string) picked {
	set := make(picked, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func (s picked) has(id string) bool { return len(s) == 0 || s[id] }

// makeRows lists the rows of the job in the order of its pages.
func makeRows(in *Input, out exclusions) []row {
	if in.PageType.Services() {
		return serviceRows(in, out)
	}
	return keywordRows(in, out)
}

// keywordRows are sorted by slug, language and id.
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
		return cmp.Or(cmp.Compare(a.slug, b.slug), cmp.Compare(a.language, b.language), cmp.Compare(a.id, b.id))
	})
	return rows
}

// serviceRows keep the order of the catalog, English before Spanish.
func serviceRows(in *Input, out exclusions) []row {
	wanted := pick(in.Selection.ServiceIDs)
	spanish := in.Catalog.Business.Speaks(catalog.Spanish)
	rows := make([]row, 0, 2*len(in.Catalog.Services))
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
			rows = append(rows, r)
		}
	}
	return rows
}

// makeColumns lists the columns of the job in the order of its pages.
func makeColumns(in *Input, out exclusions) []column {
	if in.PageType.Locations() {
		return locationColumns(in, out)
	}
	return areaColumns(in)
}

// areaColumns are sorted by priority (10 first), slug and id.
func areaColumns(in *Input) []column {
	wanted := pick(in.Selection.ServiceAreaIDs)
	stores := make(map[string]*catalog.Location, len(in.Catalog.Locations))
	for i := range in.Catalog.Locations {
		stores[in.Catalog.Locations[i].ID] = &in.Catalog.Locations[i]
	}
	areas := slices.DeleteFunc(slices.Clone(in.Catalog.ServiceAreas), func(a catalog.ServiceArea) bool { return !wanted.has(a.ID) })
	slices.SortFunc(areas, func(a, b catalog.ServiceArea) int {
		return cmp.Or(cmp.Compare(b.Rank(), a.Rank()), cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.ID, b.ID))
	})
	columns := make([]column, 0, len(areas))
	for _, a := range areas {
		columns = append(columns, column{
			id: a.ID, slug: a.Slug, city: a.City, state: a.State, county: a.County, near: live(stores[a.LocationID]),
		})
	}
	return columns
}

func live(l *catalog.Location) *catalog.Location {
	if l == nil || l.Archived() {
		return nil
	}
	return l
}

// locationColumns are sorted with the primary one first, then by slug and id.
func locationColumns(in *Input, out exclusions) []column {
	wanted := pick(in.Selection.LocationIDs)
	var open []*catalog.Location
	for i := range in.Catalog.Locations {
		l := &in.Catalog.Locations[i]
		switch {
		case !wanted.has(l.ID):
		case l.Archived():
			out[CauseArchived]++
		case l.LocationType != catalog.TypePhysical:
			out[CauseNoStorefront]++
		case l.Status != catalog.StatusActive && !in.IncludeUpcoming:
			out[CauseUpcoming]++
		default:
			open = append(open, l)
		}
	}
	slices.SortFunc(open, func(a, b *catalog.Location) int {
		return cmp.Or(cmp.Compare(first(b), first(a)), cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.ID, b.ID))
	})
	columns := make([]column, 0, len(open))
	for _, l := range open {
		columns = append(columns, column{id: l.ID, slug: l.Slug, city: l.City, state: l.State, status: l.Status, own: l})
	}
	return columns
}

// first ranks the primary location before the others.
func first(l *catalog.Location) int {
	if l.IsPrimary {
		return 1
	}
	return 0
}
