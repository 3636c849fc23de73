package pages

import (
	"encoding/json"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Input is what a job of pages is made from, as it is stored with the job. Build makes it.
type Input struct {
	// Catalog is the business's normalised catalog, without what no page of this job needs.
	Catalog catalog.Catalog `json:"catalog"`
	// PageType is the canonical type of every page.
	PageType catalog.PageType `json:"page_type"`
	// Languages is the languages asked for that the business has enabled, English first; at least one.
	Languages []catalog.Language `json:"languages"`
	// IncludeUpcoming adds pages for stores that have not opened yet.
	IncludeUpcoming bool `json:"include_upcoming,omitempty"`
	// Selection narrows rows and columns; its zero value means all.
	Selection Selection `json:"selection,omitzero"`
	// Templates is the prompt text of each language, fixed for the life of the job.
	Templates []Template `json:"templates"`
	// Model is the provider's model id.
	Model string `json:"model"`
	// Year is the calendar year that years of experience are counted to.
	Year int `json:"year"`
}

// Selection names the rows and columns of a pilot run by their ids. An empty list means all of its sort; a list that
// the page type has no use for must be empty. Each has at most 1,000 ids.
type Selection struct {
	KeywordIDs     []string `json:"keyword_ids,omitempty"`
	ServiceIDs     []string `json:"service_ids,omitempty"`
	ServiceAreaIDs []string `json:"service_area_ids,omitempty"`
	LocationIDs    []string `json:"location_ids,omitempty"`
}

// Template is the prompt text that a job uses for one language.
type Template struct {
	Language catalog.Language `json:"language"`
	// ID is the id of the business's template, or BuiltinID of the built-in one.
	ID string `json:"id"`
	// Version is the template's number for its page type and language, from 1.
	Version int `json:"version"`
	// SHA256 is the hex hash of Text.
	SHA256 string `json:"sha256"`
	// Words is the number of words to write, 100 to 3,000.
	Words int `json:"words"`
	// Required lists the variables that must have a value on every page, besides those that always must.
	Required []string `json:"required,omitempty"`
	Text     string   `json:"text"`
}

// encode is the canonical form: members in the order of the struct, map keys sorted.
func (in Input) encode() []byte {
	// Only numbers that JSON does not have could fail, and a normalised catalog has none.
	data, _ := json.Marshal(in)
	return data
}

func decodeInput(data []byte) (Input, error) {
	var in Input
	err := catalog.DecodeStrict(data, &in)
	return in, err
}
