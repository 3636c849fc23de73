package httpapi

import (
	"context"
	"hash/crc32"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// InKeyword is the parameter of a keyword.
type InKeyword struct {
	InBusiness
	ID string `path:"keyword_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

// KeywordFilter selects keywords.
type KeywordFilter struct {
	Language catalog.Language `query:"language" enum:"en,es"`
	Query    string           `query:"q" maxLength:"100" doc:"part of the text, ignoring case and accents"`
	Paired   either           `query:"paired" doc:"those with a twin in the other language, or those without"`
}

func (f KeywordFilter) filter() backoffice.KeywordFilter {
	return backoffice.KeywordFilter{Language: f.Language, Query: f.Query, Paired: f.Paired.ptr()}
}

// KeywordMembers are the members that a new keyword may leave out, and a changed one may clear.
type KeywordMembers struct {
	Language     choice[catalog.Language, langs] `json:"language,omitzero" doc:"en by default"`
	Slug         nullable[string]                `json:"slug,omitzero" maxLength:"200" doc:"part of the pages' paths; the twin's, or made of the text, by default"`
	SearchIntent choice[string, intents]         `json:"search_intent,omitzero"`
}

type keywordNew struct {
	Keyword string `json:"keyword" minLength:"2" maxLength:"100" example:"emergency plumber"`
	KeywordMembers
	KeywordES     nullable[string] `json:"keyword_es,omitzero" maxLength:"100" doc:"makes the Spanish twin of an English keyword along with it"`
	TranslationOf nullable[string] `json:"translation_of,omitzero" maxLength:"200" doc:"id, slug or text of the keyword in the other language that this one is the twin of"`
}

type keywordChange struct {
	Keyword given[string] `json:"keyword,omitzero" minLength:"2" maxLength:"100" doc:"the slug stays unless it is sent too"`
	KeywordMembers
}

func (k keywordNew) value() catalog.Keyword {
	return catalog.Keyword{
		Keyword: k.Keyword, Language: or(k.Language.Patch), Slug: or(k.Slug.Patch), SearchIntent: or(k.SearchIntent.Patch),
		KeywordES: or(k.KeywordES.Patch), TranslationOf: or(k.TranslationOf.Patch),
	}
}

func (k keywordChange) patch() backoffice.KeywordPatch {
	return backoffice.KeywordPatch{Keyword: k.Keyword.Patch, Slug: k.Slug.Patch, SearchIntent: k.SearchIntent.Patch, Language: k.Language.Patch}
}

type keywordOut struct {
	ID           string                  `json:"id"`
	Keyword      string                  `json:"keyword"`
	Language     catalog.Language        `json:"language" enum:"en,es"`
	Slug         string                  `json:"slug"`
	SearchIntent choice[string, intents] `json:"search_intent"`
	TwinID       *string                 `json:"twin_id" doc:"the keyword of the same slug in the other language"`
	MetaOut
}

func shownKeyword(k backoffice.KeywordRow) keywordOut {
	v := k.Value
	return keywordOut{
		ID: v.ID, Keyword: v.Keyword, Language: v.Language, Slug: v.Slug, SearchIntent: chosen[string, intents](v.SearchIntent),
		TwinID: null(k.TwinID), MetaOut: shownMeta(k.Meta),
	}
}

type keywordBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Keyword keywordOut `json:"keyword"`
	}
}

func oneKeyword(k backoffice.KeywordRow, err error) (*keywordBody, error) {
	if err != nil {
		return nil, err
	}
	out := keywordBody{ETag: etag(k.Revision, int(crc32.ChecksumIEEE([]byte(k.TwinID))))}
	out.Body.Keyword = shownKeyword(k)
	return &out, nil
}

type keywordList struct {
	Body struct {
		Keywords []keywordOut `json:"keywords" nullable:"false"`
		NextOut
	}
}

// defineKeywords are the rows of what people search for.
func defineKeywords(a *API) {
	const all, one, tag = businessPath + "/keywords", businessPath + "/keywords/{keyword_id}", "keyword"
	add(a, route{method: http.MethodGet, path: all, id: "keyword-list", summary: "What people search for", tag: tag, role: backoffice.Viewer}, a.keywords)
	add(a, route{method: http.MethodPost, path: all, id: "keyword-create", summary: "Add a keyword, with its Spanish twin if given", tag: tag, role: backoffice.Operator, status: http.StatusCreated}, a.createKeyword)
	add(a, route{method: http.MethodGet, path: one, id: "keyword-get", summary: "One keyword", tag: tag, role: backoffice.Viewer}, a.keyword)
	add(a, route{method: http.MethodPatch, path: one, id: "keyword-update", summary: "Change a keyword; a new slug is the twin's too", tag: tag, role: backoffice.Operator, revised: true}, a.changeKeyword)
	add(a, route{method: http.MethodDelete, path: one, id: "keyword-delete", summary: "Remove a keyword, or both twins", tag: tag, role: backoffice.Operator, status: http.StatusNoContent, revised: true}, a.deleteKeyword)
	addBulk(a, all, tag, bulk[keywordNew, catalog.Keyword]{keywordNew.value, backoffice.ParseBulkKeywords, office(a, (*backoffice.Office).BulkKeywords)})
}

func (a *API) keywords(ctx context.Context, c *call, in *struct {
	InBusiness
	KeywordFilter
	Paging
},
) (out *keywordList, err error) {
	out = &keywordList{}
	out.Body.Keywords, out.Body.NextCursor, err = listOf(ctx, c, in.Paging, func(from string) ([]backoffice.KeywordRow, string, error) {
		return a.office.Keywords(ctx, in.Business, in.filter(), in.Limit, from)
	}, shownKeyword)
	return out, err
}

func (a *API) createKeyword(ctx context.Context, c *call, in *struct {
	InBusiness
	Body keywordNew
},
) (*keywordBody, error) {
	out, err := oneKeyword(a.office.CreateKeyword(ctx, c.Caller, in.Business, in.Body.value()))
	if err != nil {
		return nil, err
	}
	out.Location = c.path + "/" + out.Body.Keyword.ID
	return out, nil
}

func (a *API) keyword(ctx context.Context, _ *call, in *InKeyword) (*keywordBody, error) {
	return oneKeyword(a.office.Keyword(ctx, in.Business, in.ID))
}

func (a *API) changeKeyword(ctx context.Context, c *call, in *struct {
	InKeyword
	Revised
	Body keywordChange
},
) (*keywordBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return oneKeyword(a.office.PatchKeyword(ctx, c.Caller, in.Business, in.ID, revision, in.Body.patch()))
}

func (a *API) deleteKeyword(ctx context.Context, c *call, in *struct {
	InKeyword
	Revised
	Pair bool `query:"pair" doc:"removes the twin too"`
},
) (*none, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return &none{}, a.office.DeleteKeyword(ctx, c.Caller, in.Business, in.ID, revision, in.Pair)
}
