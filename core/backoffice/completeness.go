package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func errNotYet() error { return fault.New(fault.Internal, "backoffice: not built yet") }

// Completeness scores the business as it stands now, from one view of all that counts. It is fault.NotFound when there is none.
func (o *Office) Completeness(ctx context.Context, business string) (catalog.Score, error) {
	return catalog.Score{}, errNotYet()
}

// Catalog is the business with all that its pages are made of, templates included, from one view. It is fault.NotFound when
// there is none.
func (o *Office) Catalog(ctx context.Context, business string) (catalog.Catalog, error) {
	return catalog.Catalog{}, errNotYet()
}
