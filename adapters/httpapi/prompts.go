package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// InPrompt is a prompt template of a business.
type InPrompt struct {
	InBusiness
	ID string `path:"prompt_id" pattern:"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$" maxLength:"64"`
}

type promptOut struct {
	ID       string           `json:"id"`
	Business string           `json:"business_id"`
	PageType catalog.PageType `json:"page_type"`
	Language catalog.Language `json:"language" enum:"en,es,any"`
	Version  int              `json:"version" minimum:"1"`
	Template string           `json:"template,omitempty" doc:"the text; left out of lists"`
	Required []string         `json:"required_variables" nullable:"false" doc:"those of the text that a page must have: the ones asked for, and business_name, city, state and phone"`
	Optional []string         `json:"optional_variables" nullable:"false"`
	Words    int              `json:"word_count_target"`
	Active   bool             `json:"is_active"`
	Note     string           `json:"note,omitempty"`
	BasedOn  string           `json:"based_on_id,omitempty"`
	SHA256   string           `json:"sha256"`
	Uses     int              `json:"use_count" doc:"jobs that were begun with it"`
	Created  instant          `json:"created_at"`
	Updated  instant          `json:"updated_at"`
	Revision int64            `json:"revision" minimum:"1"`
}

func shownPrompt(business string, p backoffice.Prompt) promptOut {
	return promptOut{
		ID: p.ID, Business: business, PageType: p.PageType, Language: p.Language, Version: p.Version, Template: p.Template, Required: listed(p.RequiredVariables),
		Optional: listed(p.OptionalVariables), Words: p.WordCountTarget, Active: p.IsActive, Note: p.Note, BasedOn: p.BasedOnID, SHA256: p.SHA256,
		Uses: p.Uses, Created: utc(p.CreatedAt), Updated: utc(p.UpdatedAt), Revision: p.Revision,
	}
}

type promptBody struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location"`
	Body     struct {
		Prompt promptOut `json:"prompt_template"`
	}
}

func onePrompt(business string, p backoffice.Prompt, err error) (*promptBody, error) {
	if err != nil {
		return nil, err
	}
	out := promptBody{ETag: etag(p.Revision, p.Uses)}
	out.Body.Prompt = shownPrompt(business, p)
	return &out, nil
}

type promptList struct {
	Body struct {
		Prompts    []promptOut `json:"prompt_templates" nullable:"false"`
		NextCursor *string     `json:"next_cursor"`
	}
}

type promptQuery struct {
	InBusiness
	Paging
	PageType string `query:"page_type" enum:"keyword-service-area,keyword-location,service-service-area,service-location,blog-service-area,blog-location,service-area,location-keyword"`
	Language string `query:"language" enum:"en,es,any"`
	Active   either `query:"active"`
}

type newPrompt struct {
	InBusiness
	Body struct {
		PageType string   `json:"page_type" enum:"keyword-service-area,keyword-location,service-service-area,service-location,blog-service-area,blog-location,service-area,location-keyword"`
		Language string   `json:"language,omitempty" enum:"en,es,any" default:"any"`
		Template string   `json:"template" minLength:"1" maxLength:"20000" doc:"the task, with variables as {{name}}"`
		Required []string `json:"required_variables,omitempty" maxItems:"200"`
		Words    *int     `json:"word_count_target,omitempty" minimum:"100" maximum:"3000" doc:"400, or 700 for blogs, where it is left out"`
		Active   bool     `json:"is_active,omitempty" default:"false"`
		Note     string   `json:"note,omitempty" maxLength:"200"`
		BasedOn  string   `json:"based_on_id,omitempty" maxLength:"64"`
	}
}

type changePrompt struct {
	InPrompt
	Revised
	Body struct {
		Active   *bool   `json:"is_active,omitempty" doc:"true puts it to use in place of the one that is"`
		Note     clearer `json:"note,omitzero" doc:"null clears it"`
		Template *string `json:"template,omitempty" maxLength:"20000" doc:"the text never changes: sending it is a conflict; make a new version instead"`
	}
}

// clearer is a text of a merge patch: left out it stays as it is, null clears it.
type clearer struct {
	sent bool
	text string
}

// UnmarshalJSON reads a text or null.
func (c *clearer) UnmarshalJSON(body []byte) error {
	c.sent = true
	if bytes.Equal(body, []byte("null")) {
		return nil
	}
	return json.Unmarshal(body, &c.text)
}

// IsZero reports whether nothing was sent.
func (c clearer) IsZero() bool { return !c.sent }

// Schema implements huma.SchemaProvider.
func (clearer) Schema(huma.Registry) *huma.Schema {
	most := 200
	s := &huma.Schema{Type: huma.TypeString, Nullable: true, MaxLength: &most}
	s.PrecomputeMessages()
	return s
}

// ptr is the text, nil when none was sent.
func (c clearer) ptr() *string {
	if !c.sent {
		return nil
	}
	return &c.text
}

// definePrompts are the rows of prompt templates.
func definePrompts(a *API) {
	const base = "/api/businesses/{business_id}/prompts"
	const one = base + "/{prompt_id}"
	add(a, route{method: http.MethodGet, path: base, id: "prompt-list", summary: "Versions of prompt templates", tag: "prompt_template", role: backoffice.Viewer}, a.prompts)
	add(a, route{
		method: http.MethodPost, path: base, id: "prompt-create", summary: "Add a version", tag: "prompt_template", role: backoffice.Operator, status: http.StatusCreated,
	}, a.createPrompt)
	add(a, route{method: http.MethodGet, path: base + "/defaults", id: "prompt-defaults", summary: "The built-in texts", tag: "prompt_template", role: backoffice.Viewer}, a.promptDefaults)
	add(a, route{method: http.MethodGet, path: one, id: "prompt-get", summary: "One version with its text", tag: "prompt_template", role: backoffice.Viewer},
		func(ctx context.Context, _ *call, in *InPrompt) (*promptBody, error) {
			p, err := a.office.Prompt(ctx, in.Business, in.ID)
			return onePrompt(in.Business, p, err)
		})
	add(a, route{
		method: http.MethodPatch, path: one, id: "prompt-update", summary: "Put a version to use, or change its note", tag: "prompt_template", role: backoffice.Operator, revised: true,
	}, a.changePrompt)
	add(a, route{
		method: http.MethodDelete, path: one, id: "prompt-delete", summary: "Delete a version that was never used", tag: "prompt_template", role: backoffice.Operator,
		status: http.StatusNoContent, revised: true,
	}, a.deletePrompt)
}

func (a *API) prompts(ctx context.Context, c *call, in *promptQuery) (*promptList, error) {
	from, err := c.open(ctx, in.Cursor)
	if err != nil {
		return nil, err
	}
	f := backoffice.PromptFilter{PageType: in.PageType, Language: in.Language, Active: in.Active.ptr()}
	list, next, err := a.office.Prompts(ctx, in.Business, f, in.Limit, from)
	if err != nil {
		return nil, err
	}
	out := promptList{}
	out.Body.Prompts = make([]promptOut, len(list))
	for i, p := range list {
		out.Body.Prompts[i] = shownPrompt(in.Business, p)
	}
	out.Body.NextCursor, err = c.next(ctx, next)
	return &out, err
}

func (a *API) createPrompt(ctx context.Context, c *call, in *newPrompt) (*promptBody, error) {
	b := in.Body
	p, err := a.office.CreatePrompt(ctx, c.Caller, in.Business, backoffice.NewPrompt{
		PageType: b.PageType, Language: b.Language, Template: b.Template, RequiredVariables: b.Required, WordCountTarget: b.Words, IsActive: b.Active,
		Note: b.Note, BasedOnID: b.BasedOn,
	})
	out, err := onePrompt(in.Business, p, err)
	if err == nil {
		out.Location = "/api/businesses/" + in.Business + "/prompts/" + p.ID
	}
	return out, err
}

func (a *API) changePrompt(ctx context.Context, c *call, in *changePrompt) (*promptBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	if in.Body.Active != nil && *in.Body.Active {
		c.named = "prompt.activate"
	}
	if in.Body.Template != nil {
		return nil, problem(http.StatusConflict, CodeConflict, "the text of a prompt template never changes: make a new version of it")
	}
	p, err := a.office.PatchPrompt(ctx, c.Caller, in.Business, in.ID, revision, backoffice.PromptPatch{IsActive: in.Body.Active, Note: in.Body.Note.ptr()})
	return onePrompt(in.Business, p, err)
}

func (a *API) deletePrompt(ctx context.Context, c *call, in *struct {
	InPrompt
	Revised
},
) (*none, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return nil, a.office.DeletePrompt(ctx, c.Caller, in.Business, in.ID, revision)
}

type defaultOut struct {
	ID        string           `json:"id"`
	PageType  catalog.PageType `json:"page_type"`
	Language  catalog.Language `json:"language" enum:"en,es"`
	Version   int              `json:"version"`
	Template  string           `json:"template"`
	Required  []string         `json:"required_variables" nullable:"false"`
	Variables []string         `json:"variables" nullable:"false"`
	Words     int              `json:"word_count_target"`
	SHA256    string           `json:"sha256"`
}

type defaultList struct {
	Body struct {
		Prompts []defaultOut `json:"prompt_templates" nullable:"false"`
	}
}

func (a *API) promptDefaults(ctx context.Context, _ *call, in *InBusiness) (*defaultList, error) {
	if _, err := a.office.Business(ctx, in.Business); err != nil {
		return nil, err
	}
	var out defaultList
	for _, d := range a.office.PromptDefaults() {
		out.Body.Prompts = append(out.Body.Prompts, defaultOut{
			ID: d.ID, PageType: d.PageType, Language: d.Language, Version: d.Version, Template: d.Text, Required: listed(d.Required),
			Variables: listed(d.Variables), Words: d.Words, SHA256: d.SHA256,
		})
	}
	return &out, nil
}
