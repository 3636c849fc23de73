package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// KeywordRow is a phrase that people search for.
type KeywordRow struct {
	Row[catalog.Keyword]
	// TwinID is the keyword of the same slug in the other language, empty for none.
	TwinID string
}

// KeywordPatch is a change to a keyword. A new text keeps the slug unless one is sent; a new slug is the twin's too.
type KeywordPatch struct {
	Keyword, Slug, SearchIntent Patch[string]
	Language                    Patch[catalog.Language]
}

// KeywordFilter selects keywords; zero values select all.
type KeywordFilter struct {
	Language catalog.Language
	// Query is part of the text, ignoring case and accents.
	Query string
	// Paired selects those with a twin, or those without.
	Paired *bool
}

// Keywords lists them by slug, English before Spanish. It is fault.NotFound when there is no such business.
func (o *Office) Keywords(ctx context.Context, business string, f KeywordFilter, limit int, cursor string) ([]KeywordRow, string, error) {
	return nil, "", errNotYet()
}

// Keyword reads one. Errors: NotFound.
func (o *Office) Keyword(ctx context.Context, business, id string) (KeywordRow, error) {
	return KeywordRow{}, errNotYet()
}

// CreateKeyword adds one, with its Spanish twin when KeywordES is there, or as the twin of TranslationOf (an id, a slug or a
// text). Errors: NotFound, catalog.Problems, Duplicate.
func (o *Office) CreateKeyword(ctx context.Context, by Caller, business string, k catalog.Keyword) (KeywordRow, error) {
	return KeywordRow{}, errNotYet()
}

// PatchKeyword changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchKeyword(ctx context.Context, by Caller, business, id string, seen int64, p KeywordPatch) (KeywordRow, error) {
	return KeywordRow{}, errNotYet()
}

// DeleteKeyword removes one that stands at the revision, and its twin when pair is true. Errors: NotFound, Stale.
func (o *Office) DeleteKeyword(ctx context.Context, by Caller, business, id string, seen int64, pair bool) error {
	return errNotYet()
}
