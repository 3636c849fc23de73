package catalog

import (
	"slices"
	"strings"
)

// PageType is a sort of page: what its rows and its columns are.
type PageType string

// The page types.
const (
	KeywordServiceArea PageType = "keyword-service-area"
	KeywordLocation    PageType = "keyword-location"
	ServiceServiceArea PageType = "service-service-area"
	ServiceLocation    PageType = "service-location"
	BlogServiceArea    PageType = "blog-service-area"
	BlogLocation       PageType = "blog-location"
)

// PageTypes lists the page types.
func PageTypes() []PageType {
	return []PageType{
		KeywordServiceArea, KeywordLocation, ServiceServiceArea, ServiceLocation, BlogServiceArea, BlogLocation,
	}
}

// ParsePageType reads a page type or one of its aliases: service-area and location-keyword.
func ParsePageType(s string) (PageType, bool) {
	switch s {
	case "service-area":
		return KeywordServiceArea, true
	case "location-keyword":
		return KeywordLocation, true
	}
	return PageType(s), slices.Contains(PageTypes(), PageType(s))
}

// Services reports whether the rows are services; else they are keywords.
func (t PageType) Services() bool { return t == ServiceServiceArea || t == ServiceLocation }

// Locations reports whether the columns are locations; else they are service areas.
func (t PageType) Locations() bool {
	return t == KeywordLocation || t == ServiceLocation || t == BlogLocation
}

// Blog reports whether the pages are articles.
func (t PageType) Blog() bool { return t == BlogServiceArea || t == BlogLocation }

// Words is the number of words that a page of the type has unless a template says otherwise.
func (t PageType) Words() int {
	if t.Blog() {
		return 700
	}
	return 400
}

// pageTypeList names the page types for messages.
func pageTypeList() string {
	names := make([]string, 0, len(PageTypes()))
	for _, t := range PageTypes() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
