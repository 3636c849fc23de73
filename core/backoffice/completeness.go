package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Completeness scores the business as it stands now, from one view of all that counts. It is fault.NotFound when there is none.
func (o *Office) Completeness(ctx context.Context, business string) (score catalog.Score, err error) {
	err = o.view(ctx, folderKeys(business, scoreDocuments()...), func(tx ports.Tx) error {
		f, err := readFolder(tx, business, scoreDocuments()...)
		if err == nil {
			score = catalog.Completeness(f.catalog())
		}
		return err
	})
	return score, err
}

// Catalog is the business with all that its pages are made of, templates included, from one view. It is fault.NotFound when
// there is none.
func (o *Office) Catalog(ctx context.Context, business string) (c catalog.Catalog, err error) {
	err = o.view(ctx, folderKeys(business, append(allDocuments(), docPrompts)...), func(tx ports.Tx) error {
		f, err := readFolder(tx, business, allDocuments()...)
		if err != nil {
			return err
		}
		c = f.catalog()
		c.PromptTemplates, err = o.templates(tx, business)
		return err
	})
	return c, err
}
