package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// ServiceRow is something that a business offers.
type ServiceRow struct {
	Row[catalog.Service]
	// Position is its place in the order, from 1.
	Position int
}

// ServicePatch is a change to a service. A new name keeps the slug unless one is sent.
type ServicePatch struct {
	Name, NameES, Slug Patch[string]
	// IsPrimary true moves the mark here; the primary service cannot put it off.
	IsPrimary Patch[bool]
}

// Services lists them by position. It is fault.NotFound when there is no such business.
func (o *Office) Services(ctx context.Context, business string, limit int, cursor string) ([]ServiceRow, string, error) {
	return nil, "", errNotYet()
}

// Service reads one. Errors: NotFound.
func (o *Office) Service(ctx context.Context, business, id string) (ServiceRow, error) {
	return ServiceRow{}, errNotYet()
}

// CreateService adds one at the end; the first is primary. Errors: NotFound, catalog.Problems, Duplicate.
func (o *Office) CreateService(ctx context.Context, by Caller, business string, s catalog.Service) (ServiceRow, error) {
	return ServiceRow{}, errNotYet()
}

// PatchService changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchService(ctx context.Context, by Caller, business, id string, seen int64, p ServicePatch) (ServiceRow, error) {
	return ServiceRow{}, errNotYet()
}

// DeleteService removes one; the first of the others becomes primary if it was. Errors: NotFound, Stale.
func (o *Office) DeleteService(ctx context.Context, by Caller, business, id string, seen int64) error {
	return errNotYet()
}

// OrderServices puts the services in the order of the ids, which must be all of them. Errors: NotFound, catalog.Problems (an id
// is unknown or there twice), Conflict (one is not named).
func (o *Office) OrderServices(ctx context.Context, by Caller, business string, ids []string) ([]ServiceRow, error) {
	return nil, errNotYet()
}
