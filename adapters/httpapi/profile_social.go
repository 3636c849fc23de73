package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// InPlatform is the parameter of a social link.
type InPlatform struct {
	InBusiness
	Platform string `path:"platform" enum:"instagram,facebook,twitter,linkedin,youtube,tiktok,yelp,google,linktree"`
}

type linkOut struct {
	ID       string `json:"id" doc:"the platform"`
	Platform string `json:"platform" enum:"instagram,facebook,twitter,linkedin,youtube,tiktok,yelp,google,linktree"`
	URL      string `json:"url"`
	MetaOut
}

func shownLink(l backoffice.SocialLinkRow) linkOut {
	return linkOut{ID: l.Value.Platform, Platform: l.Value.Platform, URL: l.Value.URL, MetaOut: shownMeta(l.Meta)}
}

type linkBody struct {
	ETag string `header:"ETag"`
	Body struct {
		Link linkOut `json:"link"`
	}
}

type linkList struct {
	Body struct {
		Links []linkOut `json:"links" nullable:"false"`
		NextOut
	}
}

func defineSocial(a *API) {
	const all, one, tag = businessPath + "/social", businessPath + "/social/{platform}", "social_link"
	add(a, route{method: http.MethodGet, path: all, id: "social-list", summary: "The business's profiles elsewhere", tag: tag, role: backoffice.Viewer}, a.social)
	add(a, route{method: http.MethodPut, path: one, id: "social-put", summary: "Add or replace the profile on a platform", tag: tag, role: backoffice.Operator}, a.putSocial)
	add(a, route{method: http.MethodDelete, path: one, id: "social-delete", summary: "Remove the profile on a platform", tag: tag, role: backoffice.Operator, status: http.StatusNoContent}, a.deleteSocial)
}

func (a *API) social(ctx context.Context, c *call, in *struct {
	InBusiness
	Paging
},
) (out *linkList, err error) {
	out = &linkList{}
	out.Body.Links, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.SocialLinkRow, string, error) {
		list, err := a.office.SocialLinks(ctx, in.Business)
		list, next := cut(list, in.Limit, from, func(l backoffice.SocialLinkRow) string { return l.Value.Platform })
		return list, next, err
	}, shownLink)
	return out, err
}

func (a *API) putSocial(ctx context.Context, c *call, in *struct {
	InPlatform
	Body struct {
		URL string `json:"url" minLength:"1" maxLength:"2048" doc:"an absolute http or https URL" example:"https://www.instagram.com/example"`
	}
},
) (*linkBody, error) {
	link, err := a.office.PutSocialLink(ctx, c.Caller, in.Business, in.Platform, in.Body.URL)
	if err != nil {
		return nil, err
	}
	out := linkBody{ETag: etag(link.Revision)}
	out.Body.Link = shownLink(link)
	return &out, nil
}

func (a *API) deleteSocial(ctx context.Context, c *call, in *InPlatform) (*none, error) {
	return &none{}, a.office.DeleteSocialLink(ctx, c.Caller, in.Business, in.Platform)
}
