package office

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Add makes a business of a normalised catalog: all that it holds becomes the office's own records, each with its line in the audit
// trail. A business that has the catalog's name already is left as it is, and added is false: the call can be repeated. One that was
// cut off leaves what it has made. Errors: catalog.Problems, and those of the office.
func Add(ctx context.Context, o *backoffice.Office, by backoffice.Caller, c catalog.Catalog) (id string, added bool, err error) {
	if id, err = known(ctx, o, by, c.Business.Name); err != nil || id != "" {
		return id, false, err
	}
	made, err := o.CreateBusiness(ctx, by, c.Business)
	if err != nil {
		return "", false, err
	}
	a := &adding{ctx: ctx, office: o, by: by, business: made.ID}
	for _, part := range []func(catalog.Catalog) error{a.profile, a.services, a.keywords, a.places, a.prompts} {
		if err := part(c); err != nil {
			return made.ID, true, err
		}
	}
	return made.ID, true, nil
}

// known finds the business of a name.
func known(ctx context.Context, o *backoffice.Office, by backoffice.Caller, name string) (string, error) {
	for cursor, more := "", true; more; more = cursor != "" {
		list, next, err := o.Businesses(ctx, by, name, 0, cursor)
		if err != nil {
			return "", err
		}
		for _, one := range list {
			if one.Name == name {
				return one.ID, nil
			}
		}
		cursor = next
	}
	return "", nil
}

// adding is a business that is being filled.
type adding struct {
	ctx      context.Context
	office   *backoffice.Office
	by       backoffice.Caller
	business string
}

func (a *adding) profile(c catalog.Catalog) error {
	if _, err := a.office.PutQuestionnaire(a.ctx, a.by, a.business, backoffice.Any, c.Questionnaire); err != nil {
		return err
	}
	if len(c.Hours) > 0 {
		if _, err := a.office.PutHours(a.ctx, a.by, a.business, backoffice.Any, c.Hours); err != nil {
			return err
		}
	}
	for _, link := range c.SocialLinks {
		if _, err := a.office.PutSocialLink(a.ctx, a.by, a.business, link.Platform, link.URL); err != nil {
			return err
		}
	}
	return nil
}

func (a *adding) services(c catalog.Catalog) error {
	_, err := rows(a, a.office.BulkServices, c.Services, func(s *catalog.Service) { s.ID = "" })
	return err
}

func (a *adding) keywords(c catalog.Catalog) error {
	_, err := rows(a, a.office.BulkKeywords, c.Keywords, func(k *catalog.Keyword) { k.ID = "" })
	return err
}

// places are the locations and then the areas, which name the locations that serve them.
func (a *adding) places(c catalog.Catalog) error {
	ids, err := rows(a, a.office.BulkLocations, c.Locations, func(l *catalog.Location) { l.ID = "" })
	if err != nil {
		return err
	}
	now := make(map[string]string, len(ids))
	for i, id := range ids {
		now[c.Locations[i].ID] = id
	}
	_, err = rows(a, a.office.BulkServiceAreas, c.ServiceAreas, func(s *catalog.ServiceArea) { s.ID, s.LocationID = "", now[s.LocationID] })
	return err
}

func (a *adding) prompts(c catalog.Catalog) error {
	for _, t := range c.PromptTemplates {
		_, err := a.office.CreatePrompt(a.ctx, a.by, a.business, backoffice.NewPrompt{
			PageType: string(t.PageType), Language: string(t.Language), Template: t.Template, RequiredVariables: slices.Clone(t.RequiredVariables),
			WordCountTarget: t.WordCountTarget, IsActive: t.IsActive, Note: t.Note,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bulk is one of the office's calls for many rows.
type bulk[T any] func(context.Context, backoffice.Caller, string, []backoffice.BulkInput[T], backoffice.BulkOptions) (backoffice.BulkResult, error)

// rows adds a list in calls of as many rows as one takes, each made fit by the function before, and returns their ids in the same order.
func rows[T any](a *adding, call bulk[T], list []T, fit func(*T)) ([]string, error) {
	ids := make([]string, 0, len(list))
	for some := range slices.Chunk(list, backoffice.MaxBulkRows) {
		in := make([]backoffice.BulkInput[T], len(some))
		for i, one := range some {
			fit(&one)
			in[i].Value = one
		}
		result, err := call(a.ctx, a.by, a.business, in, backoffice.BulkOptions{AllOrNothing: true})
		if err != nil {
			return nil, err
		}
		for _, row := range result.Results {
			if row.Status == backoffice.BulkFailed {
				return nil, fault.New(fault.Invalid, "office: a row of the catalog was not taken: %w", row.Errors.Err())
			}
			ids = append(ids, row.ID)
		}
	}
	return ids, nil
}
