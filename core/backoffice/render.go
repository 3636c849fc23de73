package backoffice

import (
	"context"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// maxOverride is the longest value that may be tried, in characters.
const maxOverride = 2_000

// RenderRequest says which template to fill in, and for what.
type RenderRequest struct {
	// Template is a text to try, TemplateID a stored version. With neither it is the one that a job would use.
	Template, TemplateID string
	PageType             string
	// Language is en or es; any and nothing mean en.
	Language string
	Sample   RenderSample
}

// RenderSample chooses the page; its zero value is the first one that a job would make.
type RenderSample struct {
	KeywordID, ServiceID, ServiceAreaID, LocationID string
	// Overrides are values to try in place of the page's own, by variable.
	Overrides map[string]string
}

// RenderResult is a template filled in for one page.
type RenderResult struct {
	Rendered  string
	Variables []RenderedVariable
	// Warnings are lines for a person.
	Warnings []string
}

// RenderedVariable is a variable of the template, or one that every page must have.
type RenderedVariable struct {
	Name, Value string
	// Source says where a person fills it in.
	Source            string
	Required, Missing bool
}

// RenderPrompt fills a template in for one page of the business, by the rules of a job. No model is called. A business without keywords,
// services or places has its prompts rendered too: what they would give is missing, unless it is overridden. Errors: catalog.Problems,
// pages.Refusal (the sample names something that has no page, the prompt is too long), NotFound.
func (j *Jobs) RenderPrompt(ctx context.Context, business string, r RenderRequest) (RenderResult, error) {
	if err := r.check(); err != nil {
		return RenderResult{}, err
	}
	c, versions, err := j.assemble(ctx, business)
	if err != nil {
		return RenderResult{}, err
	}
	if err := j.tryTemplate(ctx, business, r, &c); err != nil {
		return RenderResult{}, err
	}
	language := r.language()
	if !c.Business.Speaks(language) {
		// A template may be written before its language is enabled.
		c.Business.EnabledLanguages = append(slices.Clone(c.Business.EnabledLanguages), language)
	}
	o := Order{
		PageType: r.PageType, Languages: []catalog.Language{language}, Selection: r.Sample.selection(), IncludeUpcoming: r.Sample.LocationID != "",
	}
	plan, err := pages.Sample(c, j.pagesOptions(o, versions))
	if err != nil {
		return RenderResult{}, err
	}
	rendered, err := plan.Render(0, r.Sample.Overrides)
	if err != nil {
		return RenderResult{}, err
	}
	return resultOf(rendered), nil
}

func (r RenderRequest) language() catalog.Language {
	if r.Language == string(catalog.Spanish) {
		return catalog.Spanish
	}
	return catalog.English
}

// check finds what is wrong with the request by itself.
func (r RenderRequest) check() error {
	var problems catalog.Problems
	if _, known := catalog.ParsePageType(r.PageType); !known {
		problems = append(problems, catalog.Problem{Path: "/page_type", Message: "this is no page type"})
	}
	if !slices.Contains([]string{"", string(catalog.Any), string(catalog.English), string(catalog.Spanish)}, r.Language) {
		problems = append(problems, catalog.Problem{Path: "/language", Message: "use en or es"})
	}
	if r.Template != "" && r.TemplateID != "" {
		problems = append(problems, catalog.Problem{Path: "/template_id", Message: "give a text or the id of a template, not both"})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Sample.Overrides)) {
		switch value := r.Sample.Overrides[name]; {
		case !catalog.KnownVariable(name):
			problems = append(problems, catalog.Problem{Path: "/sample/overrides", Message: "a name is no known variable"})
		case utf8.RuneCountInString(value) > maxOverride:
			problems = append(problems, catalog.Problem{Path: "/sample/overrides/" + name, Message: "a value has at most 2,000 characters"})
		}
	}
	return problems.Err()
}

// tryTemplate makes the template that is asked for the only one in use.
func (j *Jobs) tryTemplate(ctx context.Context, business string, r RenderRequest, c *catalog.Catalog) error {
	text := catalog.PromptTemplate{Template: r.Template}
	switch {
	case r.TemplateID != "":
		p, err := j.Prompt(ctx, business, r.TemplateID)
		if err != nil {
			return err
		}
		text = p.catalog()
	case r.Template == "":
		return nil
	}
	text.PageType, text.Language, text.IsActive = catalog.PageType(r.PageType), r.language(), true
	text, err := checkPrompt(text)
	if err == nil {
		c.PromptTemplates = []catalog.PromptTemplate{text}
	}
	return err
}

// selection is the sample's row and column.
func (s RenderSample) selection() pages.Selection {
	one := func(id string) []string {
		if id == "" {
			return nil
		}
		return []string{id}
	}
	return pages.Selection{
		KeywordIDs: one(s.KeywordID), ServiceIDs: one(s.ServiceID), ServiceAreaIDs: one(s.ServiceAreaID), LocationIDs: one(s.LocationID),
	}
}

func resultOf(r pages.Rendered) RenderResult {
	out := RenderResult{Rendered: r.Text, Warnings: []string{}, Variables: []RenderedVariable{}}
	for _, v := range r.Values {
		missing := v.Value == ""
		out.Variables = append(out.Variables, RenderedVariable{v.Name, v.Value, v.Where, v.Required, missing})
		switch {
		case missing && v.Required:
			out.Warnings = append(out.Warnings, v.Name+" has no value and is required: no job can be made; fill in "+v.Where)
		case missing:
			out.Warnings = append(out.Warnings, v.Name+" has no value: the prompt says that it is not provided; fill in "+v.Where)
		}
	}
	return out
}
