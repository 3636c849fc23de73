package httpapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// nullable is a member that may be absent or null: in a patch the one keeps and the other clears, in a new record both mean nothing.
type nullable[T any] struct{ backoffice.Patch[T] }

// Schema implements huma.SchemaProvider.
func (nullable[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = true
	return &s
}

// given is a member that may be absent and is never null.
type given[T any] struct{ backoffice.Patch[T] }

// Schema implements huma.SchemaProvider.
func (given[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), true, "")
	s.Nullable = false
	return &s
}

// words are the values that a member may have.
type words interface{ words() []string }

// choice is a nullable member of a few words.
type choice[T ~string, W words] struct{ backoffice.Patch[T] }

// Schema implements huma.SchemaProvider.
func (choice[T, W]) Schema(huma.Registry) *huma.Schema {
	var w W
	return &huma.Schema{Type: huma.TypeString, Nullable: true, Enum: append(anyOf(w.words()), nil)}
}

// MarshalJSON writes the word or null.
func (c choice[T, W]) MarshalJSON() ([]byte, error) { return json.Marshal(c.Value) }

func anyOf(list []string) []any {
	all := make([]any, len(list))
	for i, word := range list {
		all[i] = word
	}
	return all
}

type (
	langs     struct{}
	intents   struct{}
	standings struct{}
	sorts     struct{}
	wheres    struct{}
)

func (langs) words() []string { return []string{string(catalog.English), string(catalog.Spanish)} }

func (intents) words() []string {
	return []string{"transactional", "informational", "navigational", "local", "commercial"}
}

func (standings) words() []string { return []string{catalog.StatusActive, catalog.StatusUpcoming} }

func (sorts) words() []string { return []string{catalog.TypePhysical, catalog.TypeServiceArea} }

func (wheres) words() []string {
	return []string{catalog.ServiceOnsite, catalog.ServiceMobile, catalog.ServiceBoth}
}

// industryType is the type of a business, one of catalog.Industries.
type industryType string

// Schema implements huma.SchemaProvider.
func (industryType) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: "LocalBusiness, with words of its own in industry, fits any business"}
	for _, i := range catalog.Industries() {
		s.Enum = append(s.Enum, i.Type)
	}
	return s
}

// or is the value of a member, the zero value for none.
func or[T any](p backoffice.Patch[T]) (v T) {
	if p.Value != nil {
		v = *p.Value
	}
	return v
}

// null is a text in an answer, null when it is empty.
func null(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// chosen is a word in an answer, null when it is empty.
func chosen[T ~string, W words](word T) choice[T, W] {
	if word == "" {
		return choice[T, W]{}
	}
	return choice[T, W]{backoffice.To(word)}
}

// MetaOut is what the server keeps of every record.
type MetaOut struct {
	CreatedAt instant `json:"created_at"`
	UpdatedAt instant `json:"updated_at"`
	Revision  int64   `json:"revision" doc:"goes up with each write; the ETag is made of it"`
}

func shownMeta(m backoffice.Meta) MetaOut {
	return MetaOut{CreatedAt: utc(m.CreatedAt), UpdatedAt: utc(m.UpdatedAt), Revision: m.Revision}
}

// NextOut ends every list.
type NextOut struct {
	NextCursor *string `json:"next_cursor" doc:"for the next page; null ends the list"`
}
