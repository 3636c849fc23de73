package backoffice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// variable finds one of a result's variables.
func variable(r backoffice.RenderResult, name string) backoffice.RenderedVariable {
	for _, v := range r.Variables {
		if v.Name == name {
			return v
		}
	}
	return backoffice.RenderedVariable{}
}

// TestRenderPrompt: a text is filled in by the values of a page, and says what is missing.
func TestRenderPrompt(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(2, 1, 2))
		r, err := w.jobs.RenderPrompt(w.ctx, business, backoffice.RenderRequest{
			Template: "{{keyword}} in {{city}}: {{ owner_name }}, {{tagline}}", PageType: "service-area",
			Sample: backoffice.RenderSample{Overrides: map[string]string{"tagline": " {{city}}\n twice ", "county": "unused"}},
		})
		require.NoError(t, err)
		require.Equal(t, "emergency plumber 00 in Town Aa: (not provided), {{city}} twice", r.Rendered)
		require.Equal(t, backoffice.RenderedVariable{Name: "city", Value: "Town Aa", Source: "the city of each area or location", Required: true}, variable(r, "city"))
		require.True(t, variable(r, "owner_name").Missing)
		require.True(t, variable(r, "phone").Required, "always required, used or not")
		require.Len(t, r.Warnings, 1)
		require.Contains(t, r.Warnings[0], "owner_name")

		missing, err := w.jobs.RenderPrompt(w.ctx, business, backoffice.RenderRequest{
			Template: "{{city}}", PageType: "service-area", Sample: backoffice.RenderSample{Overrides: map[string]string{"city": ""}},
		})
		require.NoError(t, err)
		require.Equal(t, "(not provided)", missing.Rendered)
		require.Contains(t, missing.Warnings[0], "no job can be made")
	})
}

// TestRenderPromptHasALimit: that of a job's prompt.
func TestRenderPromptHasALimit(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 1, 1))
		_, err := w.jobs.RenderPrompt(w.ctx, business, backoffice.RenderRequest{
			Template: strings.Repeat("{{county}}", 1_900), PageType: "service-area",
			Sample: backoffice.RenderSample{Overrides: map[string]string{"county": strings.Repeat("🏠", 2_000)}},
		})
		var refusal *pages.Refusal
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, pages.CodeInvalid, refusal.Code)
	})
}

// TestRenderTemplate: a stored version, and the one that a job would use.
func TestRenderTemplate(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		c := plumber(2, 1, 2)
		c.Business.EnabledLanguages = nil
		business := w.seed(c)
		own := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "Own {{content_language}} {{word_count}}."})
		render := func(r backoffice.RenderRequest) string {
			r.PageType = "keyword-service-area"
			result, err := w.jobs.RenderPrompt(w.ctx, business, r)
			require.NoError(t, err)
			return result.Rendered
		}
		require.Equal(t, "Own English 400.", render(backoffice.RenderRequest{TemplateID: own.ID}))
		require.Equal(t, "Own Spanish 400.", render(backoffice.RenderRequest{TemplateID: own.ID, Language: "es"}), "before its language is enabled")
		require.NotContains(t, render(backoffice.RenderRequest{Language: "any"}), "Own")
		_, err := w.office.PatchPrompt(w.ctx, w.admin, business, own.ID, backoffice.Any, backoffice.PromptPatch{IsActive: yes(true)})
		require.NoError(t, err)
		require.Equal(t, "Own English 400.", render(backoffice.RenderRequest{}))
		keyword, area := w.second(business)
		require.Equal(t, "emergency plumber 01 Town Ab", render(backoffice.RenderRequest{
			Template: "{{keyword}} {{city}}", Sample: backoffice.RenderSample{KeywordID: keyword, ServiceAreaID: area},
		}))
	})
}

// TestRenderBare: a template is tried before the business has what its pages are of; what is missing is said, and may be overridden.
func TestRenderBare(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		c := plumber(0, 0, 0)
		c.Services = nil
		business := w.seed(c)
		for _, pageType := range catalog.PageTypes() {
			for _, language := range []string{"en", "es"} {
				r, err := w.jobs.RenderPrompt(w.ctx, business, backoffice.RenderRequest{
					Template: "{{keyword}} {{primary_service_es}} {{city}} {{county}} {{phone}} {{business_hours}} {{content_language}}.", PageType: string(pageType), Language: language,
					Sample: backoffice.RenderSample{Overrides: map[string]string{"city": "Saco"}},
				})
				require.NoError(t, err, pageType)
				require.Regexp(t, `^\(not provided\) \(not provided\) Saco \(not provided\) \(207\) 555-0142 \(not provided\) (English|Spanish)\.$`, r.Rendered, pageType)
				require.False(t, variable(r, "city").Missing)
				require.True(t, variable(r, "state").Missing)
				require.True(t, variable(r, "keyword").Missing)
				require.Contains(t, r.Warnings[0], "state has no value and is required: no job can be made")
			}
		}
		r, err := w.jobs.RenderPrompt(w.ctx, business, backoffice.RenderRequest{PageType: "service-area"})
		require.NoError(t, err, "with the built-in template and no sample")
		require.Contains(t, r.Rendered, "(not provided)")

		half := w.seed(plumber(0, 0, 2))
		r, err = w.jobs.RenderPrompt(w.ctx, half, backoffice.RenderRequest{Template: "{{keyword}} {{city}}", PageType: "service-area"})
		require.NoError(t, err)
		require.Equal(t, "(not provided) Town Aa", r.Rendered, "what there is is taken")
	})
}

// TestRenderRefused: what cannot be rendered says why.
func TestRenderRefused(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		keyword, _ := w.second(business)
		for name, c := range map[string]struct {
			r    backoffice.RenderRequest
			kind fault.Kind
		}{
			"PageType": {backoffice.RenderRequest{PageType: "poem"}, fault.Invalid},
			"Language": {backoffice.RenderRequest{PageType: "service-area", Language: "fr"}, fault.Invalid},
			"Both":     {backoffice.RenderRequest{PageType: "service-area", Template: "x", TemplateID: "y"}, fault.Invalid},
			"Unknown":  {backoffice.RenderRequest{PageType: "service-area", TemplateID: "y"}, fault.NotFound},
			"Syntax":   {backoffice.RenderRequest{PageType: "service-area", Template: "{{"}, fault.Invalid},
			"Override": {backoffice.RenderRequest{PageType: "service-area", Sample: backoffice.RenderSample{Overrides: map[string]string{"no": "x"}}}, fault.Invalid},
			"Long": {backoffice.RenderRequest{PageType: "service-area", Sample: backoffice.RenderSample{
				Overrides: map[string]string{"city": strings.Repeat("x", 2001)},
			}}, fault.Invalid},
			"NoPage":   {backoffice.RenderRequest{PageType: "service-area", Language: "es", Sample: backoffice.RenderSample{KeywordID: keyword}}, fault.Incomplete},
			"Sample":   {backoffice.RenderRequest{PageType: "service-area", Sample: backoffice.RenderSample{KeywordID: "none"}}, fault.Invalid},
			"Useless":  {backoffice.RenderRequest{PageType: "service-area", Sample: backoffice.RenderSample{ServiceID: "none"}}, fault.Invalid},
			"Location": {backoffice.RenderRequest{PageType: "keyword-location", Sample: backoffice.RenderSample{LocationID: "none"}}, fault.Invalid},
		} {
			_, err := w.jobs.RenderPrompt(w.ctx, business, c.r)
			require.ErrorIs(t, err, c.kind, name)
		}
		_, err := w.jobs.RenderPrompt(w.ctx, "nobody", backoffice.RenderRequest{PageType: "service-area"})
		require.ErrorIs(t, err, fault.NotFound)
	})
}
