package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// businessPath is where everything of a business is.
const businessPath = "/api/businesses/{business_id}"

// BusinessMembers are the members that a new business may leave out, and a changed one may clear.
type BusinessMembers struct {
	Industry     nullable[string]             `json:"industry,omitzero" maxLength:"80" doc:"the business's own words; the label of its type by default"`
	Phone        nullable[string]             `json:"phone,omitzero" maxLength:"50" doc:"at least 7 digits, with + - ( ) . and spaces" example:"+1 207 555 0100"`
	Email        nullable[string]             `json:"email,omitzero" maxLength:"254"`
	Website      nullable[string]             `json:"website,omitzero" maxLength:"2048" doc:"an absolute http or https URL" example:"https://example.com"`
	GBPURL       nullable[string]             `json:"gbp_url,omitzero" maxLength:"2048" doc:"the Google Business Profile"`
	Country      nullable[string]             `json:"country,omitzero" maxLength:"3" doc:"ISO 3166-1 alpha-2; US by default" example:"US"`
	PrimaryCity  nullable[string]             `json:"primary_city,omitzero" maxLength:"100" example:"Portland"`
	PrimaryState nullable[string]             `json:"primary_state,omitzero" maxLength:"100" doc:"two letters in the US and Canada" example:"ME"`
	Languages    nullable[[]catalog.Language] `json:"enabled_languages,omitzero" enum:"en,es" maxItems:"2" doc:"en is always there; en alone by default"`
}

type businessNew struct {
	Name         string       `json:"name" minLength:"2" maxLength:"120" example:"Joe's Plumbing"`
	IndustryType industryType `json:"industry_type" example:"Plumber"`
	BusinessMembers
}

type businessChange struct {
	Name         given[string]       `json:"name,omitzero" minLength:"2" maxLength:"120"`
	IndustryType given[industryType] `json:"industry_type,omitzero"`
	BusinessMembers
}

func (b businessNew) value() catalog.Business {
	return catalog.Business{
		Name: b.Name, IndustryType: string(b.IndustryType), Industry: or(b.Industry.Patch), Phone: or(b.Phone.Patch), Email: or(b.Email.Patch),
		Website: or(b.Website.Patch), GBPURL: or(b.GBPURL.Patch), Country: or(b.Country.Patch), PrimaryCity: or(b.PrimaryCity.Patch),
		PrimaryState: or(b.PrimaryState.Patch), EnabledLanguages: or(b.Languages.Patch),
	}
}

func (b businessChange) patch() backoffice.BusinessPatch {
	p := backoffice.BusinessPatch{
		Name: b.Name.Patch, Industry: b.Industry.Patch, Phone: b.Phone.Patch, Email: b.Email.Patch, Website: b.Website.Patch, GBPURL: b.GBPURL.Patch,
		Country: b.Country.Patch, PrimaryCity: b.PrimaryCity.Patch, PrimaryState: b.PrimaryState.Patch, EnabledLanguages: b.Languages.Patch,
	}
	if b.IndustryType.Set {
		p.IndustryType = backoffice.To(string(or(b.IndustryType.Patch)))
	}
	return p
}

type businessOut struct {
	ID           string                    `json:"id"`
	Name         string                    `json:"name"`
	IndustryType string                    `json:"industry_type"`
	Industry     string                    `json:"industry"`
	Phone        *string                   `json:"phone"`
	Email        *string                   `json:"email"`
	Website      *string                   `json:"website"`
	GBPURL       *string                   `json:"gbp_url"`
	Country      string                    `json:"country"`
	PrimaryCity  *string                   `json:"primary_city"`
	PrimaryState *string                   `json:"primary_state"`
	Languages    []catalog.Language        `json:"enabled_languages" enum:"en,es" nullable:"false"`
	Score        int                       `json:"completeness_score" minimum:"0" maximum:"100"`
	Status       backoffice.BusinessStatus `json:"status" enum:"active,deleting"`
	MetaOut
}

func shownBusiness(b backoffice.Business) businessOut {
	return businessOut{
		ID: b.ID, Name: b.Name, IndustryType: b.IndustryType, Industry: b.Industry, Phone: null(b.Phone), Email: null(b.Email), Website: null(b.Website),
		GBPURL: null(b.GBPURL), Country: b.Country, PrimaryCity: null(b.PrimaryCity), PrimaryState: null(b.PrimaryState),
		Languages: listed(b.EnabledLanguages), Score: b.Score, Status: b.Status, MetaOut: shownMeta(b.Meta),
	}
}

type businessBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Business businessOut `json:"business"`
	}
}

func oneBusiness(b backoffice.Business, err error) (*businessBody, error) {
	if err != nil {
		return nil, err
	}
	out := businessBody{ETag: etag(b.Revision, b.Score)}
	out.Body.Business = shownBusiness(b)
	return &out, nil
}

type businessList struct {
	Body struct {
		Businesses []businessOut `json:"businesses" nullable:"false"`
		NextOut
	}
}

type businessLeaving struct {
	ID     string                    `json:"id"`
	Status backoffice.BusinessStatus `json:"status" enum:"deleting"`
}

type leavingBody struct {
	Body struct {
		Business businessLeaving `json:"business"`
	}
}

// defineBusiness are the rows of the businesses themselves.
func defineBusiness(a *API) {
	const all, tag = "/api/businesses", "business"
	add(a, route{method: http.MethodGet, path: all, id: "business-list", summary: "The businesses that the caller may see", tag: tag, role: backoffice.Viewer}, a.businesses)
	add(a, route{method: http.MethodPost, path: all, id: "business-create", summary: "Add a business; for those who see all businesses", tag: tag, role: backoffice.Operator, status: http.StatusCreated}, a.createBusiness)
	add(a, route{method: http.MethodGet, path: businessPath, id: "business-get", summary: "One business", tag: tag, role: backoffice.Viewer}, a.business)
	add(a, route{method: http.MethodPatch, path: businessPath, id: "business-update", summary: "Change a business", tag: tag, role: backoffice.Operator, revised: true}, a.changeBusiness)
	add(a, route{
		method: http.MethodDelete, path: businessPath, id: "business-delete", summary: "Hide a business and remove its catalog; jobs, ledger and audit stay", tag: tag,
		role: backoffice.Admin, status: http.StatusAccepted, revised: true,
	}, a.deleteBusiness)
}

func (a *API) businesses(ctx context.Context, c *call, in *struct {
	Paging
	Query string `query:"q" maxLength:"120" doc:"part of the name, ignoring case and accents"`
},
) (out *businessList, err error) {
	out = &businessList{}
	out.Body.Businesses, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.Business, string, error) {
		return a.office.Businesses(ctx, c.Caller, in.Query, in.Limit, from)
	}, shownBusiness)
	return out, err
}

func (a *API) createBusiness(ctx context.Context, c *call, in *struct{ Body businessNew }) (*businessBody, error) {
	out, err := oneBusiness(a.office.CreateBusiness(ctx, c.Caller, in.Body.value()))
	if err != nil {
		return nil, err
	}
	out.Location = "/api/businesses/" + out.Body.Business.ID
	return out, nil
}

func (a *API) business(ctx context.Context, _ *call, in *InBusiness) (*businessBody, error) {
	return oneBusiness(a.office.Business(ctx, in.Business))
}

func (a *API) changeBusiness(ctx context.Context, c *call, in *struct {
	InBusiness
	Revised
	Body businessChange
},
) (*businessBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneBusiness(a.office.PatchBusiness(ctx, c.Caller, in.Business, revision, in.Body.patch()))
}

func (a *API) deleteBusiness(ctx context.Context, c *call, in *struct {
	InBusiness
	Revised
},
) (*leavingBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	live := func(ctx context.Context) (bool, error) { return a.jobs.Live(ctx, in.Business) }
	if err := a.office.DeleteBusiness(ctx, c.Caller, in.Business, revision, live); err != nil {
		return nil, err
	}
	var out leavingBody
	out.Body.Business = businessLeaving{in.Business, backoffice.BusinessDeleting}
	return &out, nil
}
