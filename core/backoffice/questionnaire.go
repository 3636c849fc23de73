package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// Questionnaire is what a business says about itself.
type Questionnaire struct {
	Data catalog.Questionnaire `json:"data"`
	Meta
}

// Questionnaire reads it. It is fault.NotFound when there is no such business.
func (o *Office) Questionnaire(ctx context.Context, business string) (Questionnaire, error) {
	return Questionnaire{}, errNotYet()
}

// PutQuestionnaire replaces the whole document that stands at the revision. Errors: NotFound, Stale, catalog.Problems (their
// paths begin at the document: /identity/tagline).
func (o *Office) PutQuestionnaire(ctx context.Context, by Caller, business string, seen int64, data catalog.Questionnaire) (Questionnaire, error) {
	return Questionnaire{}, errNotYet()
}
