package backoffice

import (
	"math"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// text is a column of a text.
func text[T any](name string, of func(v *T) *string, old ...string) column[T] {
	return column[T]{name: name, old: old, set: func(v *T, cell string) string {
		*of(v) = cell
		return ""
	}}
}

// word is a column of a text from a list of words, which are in lower case.
func word[T any](name string, of func(v *T, word string)) column[T] {
	return column[T]{name: name, set: func(v *T, cell string) string {
		of(v, strings.ToLower(cell))
		return ""
	}}
}

// needed makes a column required.
func needed[T any](c column[T]) column[T] {
	c.required = true
	return c
}

// flag is a column of yes or no; an empty cell is no.
func flag[T any](name string, of func(v *T) *bool) column[T] {
	return column[T]{name: name, set: func(v *T, cell string) string {
		switch strings.ToLower(cell) {
		case "true", "yes", "y", "1":
			*of(v) = true
		case "", "false", "no", "n", "0":
		default:
			return "write true or false"
		}
		return ""
	}}
}

// whole is a column of whole numbers; an empty cell is none.
func whole[T any](name string, put func(v *T, n int)) column[T] {
	return column[T]{name: name, set: func(v *T, cell string) string {
		n, err := strconv.Atoi(cell)
		if cell != "" && err != nil {
			return "write a whole number"
		}
		if cell != "" {
			put(v, n)
		}
		return ""
	}}
}

// degrees is a column of coordinates; an empty cell is none.
func degrees[T any](name string, of func(v *T) **float64, old ...string) column[T] {
	return column[T]{name: name, old: old, set: func(v *T, cell string) string {
		d, err := strconv.ParseFloat(cell, 64)
		if cell != "" && (err != nil || math.IsNaN(d) || math.IsInf(d, 0)) {
			return "write degrees as a number, for example 43.65"
		}
		if cell != "" {
			*of(v) = &d
		}
		return ""
	}}
}

func serviceColumns() []column[catalog.Service] {
	type T = catalog.Service
	return []column[T]{
		needed(text("name", func(s *T) *string { return &s.Name })),
		text("name_es", func(s *T) *string { return &s.NameES }),
		text("slug", func(s *T) *string { return &s.Slug }),
		flag("is_primary", func(s *T) *bool { return &s.IsPrimary }),
	}
}

func keywordColumns() []column[catalog.Keyword] {
	type T = catalog.Keyword
	return []column[T]{
		needed(text("keyword", func(k *T) *string { return &k.Keyword })),
		word("language", func(k *T, w string) { k.Language = catalog.Language(w) }),
		text("keyword_es", func(k *T) *string { return &k.KeywordES }),
		text("slug", func(k *T) *string { return &k.Slug }),
		word("search_intent", func(k *T, w string) { k.SearchIntent = w }),
		text("translation_of", func(k *T) *string { return &k.TranslationOf }),
	}
}

func areaColumns() []column[catalog.ServiceArea] {
	type T = catalog.ServiceArea
	return []column[T]{
		needed(text("city", func(a *T) *string { return &a.City })),
		needed(text("state", func(a *T) *string { return &a.State })),
		text("county", func(a *T) *string { return &a.County }),
		text("country", func(a *T) *string { return &a.Country }),
		text("slug", func(a *T) *string { return &a.Slug }),
		whole("priority", func(a *T, n int) { a.Priority = &n }),
		text("location_id", func(a *T) *string { return &a.LocationID }),
	}
}

// locationColumns also knows the headers and the status of sheets that were made for stores and for addresses before the two were
// one.
func locationColumns() []column[catalog.Location] {
	type T = catalog.Location
	return []column[T]{
		needed(text("name", func(l *T) *string { return &l.Name })),
		needed(text("city", func(l *T) *string { return &l.City })),
		needed(text("state", func(l *T) *string { return &l.State })),
		text("country", func(l *T) *string { return &l.Country }),
		text("slug", func(l *T) *string { return &l.Slug }),
		word("status", func(l *T, w string) { l.Status = statusOf(w) }),
		word("location_type", func(l *T, w string) { l.LocationType = w }),
		flag("is_primary", func(l *T) *bool { return &l.IsPrimary }),
		text("display_name", func(l *T) *string { return &l.DisplayName }),
		text("street_address", func(l *T) *string { return &l.StreetAddress }, "address"),
		text("postal_code", func(l *T) *string { return &l.PostalCode }, "zip_code", "zip", "zipcode"),
		text("phone", func(l *T) *string { return &l.Phone }),
		text("email", func(l *T) *string { return &l.Email }),
		text("google_maps_url", func(l *T) *string { return &l.GoogleMapsURL }),
		text("order_link", func(l *T) *string { return &l.OrderLink }),
		text("store_id", func(l *T) *string { return &l.StoreID }),
		flag("is_headquarters", func(l *T) *bool { return &l.IsHeadquarters }),
		text("note", func(l *T) *string { return &l.Note }, "notes"),
		whole("priority", func(l *T, n int) { l.Priority = n }),
		degrees("latitude", func(l *T) **float64 { return &l.Latitude }, "lat"),
		degrees("longitude", func(l *T) **float64 { return &l.Longitude }, "lng", "lon"),
	}
}

// statusOf is a status by its word today.
func statusOf(word string) string {
	if word == "coming-soon" || word == "coming_soon" {
		return catalog.StatusUpcoming
	}
	return word
}
