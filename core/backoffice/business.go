package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// BusinessPatch is a change to a business.
type BusinessPatch struct {
	Name, IndustryType, Industry       Patch[string]
	Phone, Email, Website, GBPURL      Patch[string]
	Country, PrimaryCity, PrimaryState Patch[string]
	EnabledLanguages                   Patch[[]catalog.Language]
}

// CreateBusiness adds a business with its empty questionnaire and hours. Its id is made here, whatever b says. A caller who does
// not see every business sees this one from then on. Errors: catalog.Problems.
func (o *Office) CreateBusiness(ctx context.Context, by Caller, b catalog.Business) (Business, error) {
	return Business{}, errNotYet()
}

// PatchBusiness changes a business that stands at the revision. Errors: NotFound, Stale, catalog.Problems.
func (o *Office) PatchBusiness(ctx context.Context, by Caller, id string, seen int64, p BusinessPatch) (Business, error) {
	return Business{}, errNotYet()
}
