package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// InService is the parameter of a service.
type InService struct {
	InBusiness
	ID string `path:"service_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

// ServiceMembers are the members that a new service may leave out, and a changed one may clear.
type ServiceMembers struct {
	NameES nullable[string] `json:"name_es,omitzero" maxLength:"120" doc:"Spanish; without it the service has no Spanish pages"`
	Slug   nullable[string] `json:"slug,omitzero" maxLength:"200" doc:"part of the pages' paths; made of the name by default"`
}

type serviceNew struct {
	Name string `json:"name" minLength:"1" maxLength:"120" doc:"English" example:"Drain Cleaning"`
	ServiceMembers
	IsPrimary nullable[bool] `json:"is_primary,omitzero" doc:"the one main service; the first is it by default"`
}

type serviceChange struct {
	Name given[string] `json:"name,omitzero" minLength:"1" maxLength:"120" doc:"the slug stays unless it is sent too"`
	ServiceMembers
	IsPrimary given[bool] `json:"is_primary,omitzero" doc:"true moves the mark here; the primary service cannot put it off"`
}

func (s serviceNew) value() catalog.Service {
	return catalog.Service{Name: s.Name, NameES: or(s.NameES.Patch), Slug: or(s.Slug.Patch), IsPrimary: or(s.IsPrimary.Patch)}
}

func (s serviceChange) patch() backoffice.ServicePatch {
	return backoffice.ServicePatch{Name: s.Name.Patch, NameES: s.NameES.Patch, Slug: s.Slug.Patch, IsPrimary: s.IsPrimary.Patch}
}

type serviceOut struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	NameES    *string `json:"name_es"`
	Slug      string  `json:"slug"`
	IsPrimary bool    `json:"is_primary"`
	Position  int     `json:"position" minimum:"1"`
	MetaOut
}

func shownService(s backoffice.ServiceRow) serviceOut {
	v := s.Value
	return serviceOut{ID: v.ID, Name: v.Name, NameES: null(v.NameES), Slug: v.Slug, IsPrimary: v.IsPrimary, Position: s.Position, MetaOut: shownMeta(s.Meta)}
}

type serviceBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Service serviceOut `json:"service"`
	}
}

func oneService(s backoffice.ServiceRow, err error) (*serviceBody, error) {
	if err != nil {
		return nil, err
	}
	out := serviceBody{ETag: etag(s.Revision)}
	out.Body.Service = shownService(s)
	return &out, nil
}

type serviceList struct {
	Body struct {
		Services []serviceOut `json:"services" nullable:"false"`
		NextOut
	}
}

// defineServices are the rows of what a business offers.
func defineServices(a *API) {
	const all, one, tag = businessPath + "/services", businessPath + "/services/{service_id}", "service"
	add(a, route{method: http.MethodGet, path: all, id: "service-list", summary: "What the business offers, in its order", tag: tag, role: backoffice.Viewer}, a.services)
	add(a, route{method: http.MethodPost, path: all, id: "service-create", summary: "Add a service at the end", tag: tag, role: backoffice.Operator, status: http.StatusCreated}, a.createService)
	add(a, route{method: http.MethodPut, path: all + "/order", id: "service-order", summary: "Put the services in another order", tag: tag, role: backoffice.Operator}, a.orderServices)
	add(a, route{method: http.MethodGet, path: one, id: "service-get", summary: "One service", tag: tag, role: backoffice.Viewer}, a.service)
	add(a, route{method: http.MethodPatch, path: one, id: "service-update", summary: "Change a service", tag: tag, role: backoffice.Operator, revised: true}, a.changeService)
	add(a, route{method: http.MethodDelete, path: one, id: "service-delete", summary: "Remove a service", tag: tag, role: backoffice.Operator, status: http.StatusNoContent, revised: true}, a.deleteService)
	addBulk(a, all, tag, bulk[serviceNew, catalog.Service]{serviceNew.value, backoffice.ParseBulkServices, office(a, (*backoffice.Office).BulkServices)})
}

func (a *API) services(ctx context.Context, c *call, in *struct {
	InBusiness
	Paging
},
) (out *serviceList, err error) {
	out = &serviceList{}
	out.Body.Services, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.ServiceRow, string, error) {
		return a.office.Services(ctx, in.Business, in.Limit, from)
	}, shownService)
	return out, err
}

func (a *API) createService(ctx context.Context, c *call, in *struct {
	InBusiness
	Body serviceNew
},
) (*serviceBody, error) {
	out, err := oneService(a.office.CreateService(ctx, c.Caller, in.Business, in.Body.value()))
	if err != nil {
		return nil, err
	}
	out.Location = c.path + "/" + out.Body.Service.ID
	return out, nil
}

func (a *API) service(ctx context.Context, _ *call, in *InService) (*serviceBody, error) {
	return oneService(a.office.Service(ctx, in.Business, in.ID))
}

func (a *API) changeService(ctx context.Context, c *call, in *struct {
	InService
	Revised
	Body serviceChange
},
) (*serviceBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneService(a.office.PatchService(ctx, c.Caller, in.Business, in.ID, revision, in.Body.patch()))
}

func (a *API) deleteService(ctx context.Context, c *call, in *struct {
	InService
	Revised
},
) (*none, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return &none{}, a.office.DeleteService(ctx, c.Caller, in.Business, in.ID, revision)
}

func (a *API) orderServices(ctx context.Context, c *call, in *struct {
	InBusiness
	Body struct {
		IDs []string `json:"ids" maxItems:"500" nullable:"false" doc:"the ids of all services, in their new order"`
	}
},
) (*serviceList, error) {
	list, err := a.office.OrderServices(ctx, c.Caller, in.Business, in.Body.IDs)
	if err != nil {
		return nil, err
	}
	var out serviceList
	out.Body.Services = shownAll(list, shownService)
	return &out, nil
}
