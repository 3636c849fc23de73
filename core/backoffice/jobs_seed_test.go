package backoffice_test

import (
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// seed makes the business with all that is in the catalog, and returns its id.
func (w *jobsWorld) seed(c catalog.Catalog) string {
	w.t.Helper()
	b, err := w.office.CreateBusiness(w.ctx, w.admin, c.Business)
	require.NoError(w.t, err)
	_, err = w.office.PutQuestionnaire(w.ctx, w.admin, b.ID, backoffice.Any, c.Questionnaire)
	require.NoError(w.t, err)
	for _, s := range c.Services {
		_, err = w.office.CreateService(w.ctx, w.admin, b.ID, s)
		require.NoError(w.t, err)
	}
	for _, k := range c.Keywords {
		_, err = w.office.CreateKeyword(w.ctx, w.admin, b.ID, k)
		require.NoError(w.t, err)
	}
	for _, a := range c.ServiceAreas {
		_, err = w.office.CreateServiceArea(w.ctx, w.admin, b.ID, a)
		require.NoError(w.t, err)
	}
	for _, l := range c.Locations {
		_, err = w.office.CreateLocation(w.ctx, w.admin, b.ID, l)
		require.NoError(w.t, err)
	}
	return b.ID
}
