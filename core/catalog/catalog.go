// Package catalog is what a business tells about itself, and the rules that it keeps: the business, its questionnaire,
// hours, services, keywords, service areas, locations and prompt templates.
//
// A Catalog is the content of a catalog file. DecodeJSON reads one strictly, Normalise applies every rule and finds
// every problem at once, Completeness scores how much of it is there. The package knows nothing of pages, jobs, files
// or time: YAML, file positions and storage belong to the programs.
package catalog

import "slices"

// Catalog is one business with all that its pages are made of, as a person writes it in a catalog file. What a server
// would set (revisions, times, scores) is not in it. The order of services is their position.
type Catalog struct {
	Business        Business         `json:"business"`
	Questionnaire   Questionnaire    `json:"questionnaire,omitzero"`
	Hours           []DayHours       `json:"hours,omitempty"`
	SocialLinks     []SocialLink     `json:"social_links,omitempty"`
	Services        []Service        `json:"services,omitempty"`
	Keywords        []Keyword        `json:"keywords,omitempty"`
	ServiceAreas    []ServiceArea    `json:"service_areas,omitempty"`
	Locations       []Location       `json:"locations,omitempty"`
	PromptTemplates []PromptTemplate `json:"prompt_templates,omitempty"`
}

// The largest number of records of each sort that one business may have.
const (
	MaxServices     = 500
	MaxKeywords     = 2_000
	MaxServiceAreas = 2_000
	MaxLocations    = 2_000
	MaxTemplates    = 200
)

// Language is the language of a keyword, a template or a page.
type Language string

// The languages that pages are written in, and Any for templates that serve each of them.
const (
	English Language = "en"
	Spanish Language = "es"
	Any     Language = "any"
)

// Languages lists the languages of pages in their order.
func Languages() []Language { return []Language{English, Spanish} }

// Normalise returns the catalog with text trimmed, defaults filled in, slugs and ids assigned and Spanish twins made
// rows of their own, together with every problem found. The catalog is fit for use only when there is no problem; it
// shares no memory with the receiver that a caller could change. Normalising a normalised catalog changes nothing.
func (c Catalog) Normalise() (Catalog, Problems) {
	k := &checker{}
	out := c.clone()
	k.business(&out.Business)
	k.questionnaire(&out.Questionnaire)
	out.Hours = k.hours(out.Hours)
	out.SocialLinks = k.socialLinks(out.SocialLinks)
	out.Services = k.services(out.Services)
	out.Keywords = k.keywords(out.Keywords)
	out.Locations = k.locations(out.Locations, &out.Business)
	out.ServiceAreas = k.serviceAreas(out.ServiceAreas, out.Business, out.Locations)
	out.PromptTemplates = k.templates(out.PromptTemplates)
	return out, k.problems
}

// clone copies what Normalise writes to.
func (c Catalog) clone() Catalog {
	c.Business.EnabledLanguages = slices.Clone(c.Business.EnabledLanguages)
	c.Questionnaire = c.Questionnaire.clone()
	c.Hours = slices.Clone(c.Hours)
	c.SocialLinks = slices.Clone(c.SocialLinks)
	c.Services = slices.Clone(c.Services)
	c.Keywords = slices.Clone(c.Keywords)
	c.ServiceAreas = slices.Clone(c.ServiceAreas)
	c.Locations = slices.Clone(c.Locations)
	for i := range c.Locations {
		l := &c.Locations[i]
		l.Latitude, l.Longitude = copied(l.Latitude), copied(l.Longitude)
	}
	c.PromptTemplates = slices.Clone(c.PromptTemplates)
	return c
}

// copied is a pointer of its own to the same value.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
