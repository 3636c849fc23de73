package backoffice_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

func yes(v bool) *bool { return &v }

// TestPrompts: versions count by page type and language, one of each is active, and the text stands apart.
func TestPrompts(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 1, 1))
		words := 500
		first := w.prompt(business, backoffice.NewPrompt{
			PageType: "service-area", Template: " Write about {{city}}, {{owner_name}} and {{tagline}} for {{city}}. ", RequiredVariables: []string{"tagline"}, IsActive: true, Note: "one",
		})
		require.Equal(t, catalog.KeywordServiceArea, first.PageType)
		require.Equal(t, catalog.Any, first.Language)
		require.Equal(t, 1, first.Version)
		require.Equal(t, 400, first.WordCountTarget)
		require.Equal(t, []string{"city", "tagline"}, first.RequiredVariables, "every page must have a city")
		require.Equal(t, []string{"owner_name"}, first.OptionalVariables)
		require.Equal(t, int64(1), first.Revision)
		second := w.prompt(business, backoffice.NewPrompt{
			PageType: "keyword-service-area", Template: "Say {{phone}}.", WordCountTarget: &words, BasedOnID: first.ID, IsActive: true,
		})
		require.Equal(t, 2, second.Version)
		require.Equal(t, []string{"phone"}, second.RequiredVariables)
		require.Equal(t, []string{}, second.OptionalVariables)
		spanish := w.prompt(business, backoffice.NewPrompt{PageType: "keyword-service-area", Language: "es", Template: "Di algo."})
		require.Equal(t, 1, spanish.Version)
		require.Equal(t, []string{}, spanish.RequiredVariables)

		stored, err := w.office.Prompt(w.ctx, business, first.ID)
		require.NoError(t, err)
		require.False(t, stored.IsActive, "the second has taken its place")
		require.Equal(t, int64(2), stored.Revision)
		require.Equal(t, first.Template, stored.Template)
		require.Equal(t, first.SHA256, stored.SHA256)

		list, next, err := w.office.Prompts(w.ctx, business, backoffice.PromptFilter{}, 2, "")
		require.NoError(t, err)
		require.Equal(t, []string{first.ID, second.ID}, []string{list[0].ID, list[1].ID})
		require.Empty(t, list[0].Template)
		rest, next, err := w.office.Prompts(w.ctx, business, backoffice.PromptFilter{}, 2, next)
		require.NoError(t, err)
		require.Empty(t, next)
		require.Equal(t, spanish.ID, rest[0].ID)
		for want, f := range map[int]backoffice.PromptFilter{
			3: {PageType: "service-area"}, 1: {Language: "es"}, 2: {Active: yes(false)}, 0: {PageType: "blog-location"},
		} {
			list, _, err := w.office.Prompts(w.ctx, business, f, 0, "")
			require.NoError(t, err)
			require.Len(t, list, want, "%+v", f)
		}
		_, _, err = w.office.Prompts(w.ctx, business, backoffice.PromptFilter{PageType: "poem"}, 0, "")
		require.ErrorIs(t, err, fault.Invalid)
		_, _, err = w.office.Prompts(w.ctx, "nobody", backoffice.PromptFilter{}, 0, "")
		require.ErrorIs(t, err, fault.NotFound)
		_, err = w.office.Prompt(w.ctx, business, "none")
		require.ErrorIs(t, err, fault.NotFound)
		lines := w.lines("prompt.create")
		require.Len(t, lines, 3)
		require.Equal(t, business, lines[0].Target.Business)
		require.NotEmpty(t, lines[0].After)
	})
}

// TestPromptRules: what a template may not be is refused with the place that is wrong.
func TestPromptRules(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		few := 99
		for path, n := range map[string]backoffice.NewPrompt{
			"/page_type":            {PageType: "poem", Template: "x"},
			"/language":             {PageType: "service-area", Language: "fr", Template: "x"},
			"/template":             {PageType: "service-area", Template: "{{weather}}"},
			"/required_variables/0": {PageType: "service-area", Template: "x", RequiredVariables: []string{"city"}},
			"/word_count_target":    {PageType: "service-area", Template: "x", WordCountTarget: &few},
			"/note":                 {PageType: "service-area", Template: "x", Note: strings.Repeat("n", 201)},
			"/based_on_id":          {PageType: "service-area", Template: "x", BasedOnID: "none"},
		} {
			_, err := w.office.CreatePrompt(w.ctx, w.admin, business, n)
			var problems catalog.Problems
			require.ErrorAs(t, err, &problems, path)
			require.Equal(t, path, problems[0].Path)
		}
		for _, text := range []string{"", strings.Repeat("x", 20_001), "{{city"} {
			_, err := w.office.CreatePrompt(w.ctx, w.admin, business, backoffice.NewPrompt{PageType: "service-area", Template: text})
			require.ErrorIs(t, err, fault.Invalid)
		}
		_, err := w.office.CreatePrompt(w.ctx, w.admin, "nobody", backoffice.NewPrompt{PageType: "service-area", Template: "x"})
		require.ErrorIs(t, err, fault.NotFound)
		require.Empty(t, w.lines("prompt.create"))
	})
}

// TestPromptsAreBounded: the versions of a business fit a document even when every note is long, and no more than 200 are taken.
func TestPromptsAreBounded(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		for range catalog.MaxTemplates {
			w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: strings.Repeat("é", 20_000), Note: strings.Repeat("ñ", 200), IsActive: true})
		}
		_, err := w.office.CreatePrompt(w.ctx, w.admin, business, backoffice.NewPrompt{PageType: "service-area", Template: "x"})
		require.ErrorIs(t, err, fault.Conflict)
		list, _, err := w.office.Prompts(w.ctx, business, backoffice.PromptFilter{Active: yes(true)}, 200, "")
		require.NoError(t, err)
		require.Len(t, list, 1)
		require.Equal(t, catalog.MaxTemplates, list[0].Version)
		w.begun(business, areas())
	})
}

// TestPatchPrompt: a version is put to use in one step, or noted, by who has seen its last revision.
func TestPatchPrompt(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		first := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "One.", IsActive: true})
		second := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "Two."})
		lost := false
		w.lose = func(keys []ports.Key) bool {
			was := lost
			lost = true
			return !was && in(keys, "business/")
		}
		patched, err := w.office.PatchPrompt(w.ctx, w.admin, business, second.ID, second.Revision, backoffice.PromptPatch{IsActive: yes(true)})
		require.NoError(t, err)
		require.True(t, lost)
		require.True(t, patched.IsActive)
		require.Equal(t, "Two.", patched.Template)
		require.Equal(t, int64(2), patched.Revision)
		list, _, err := w.office.Prompts(w.ctx, business, backoffice.PromptFilter{Active: yes(true)}, 0, "")
		require.NoError(t, err)
		require.Len(t, list, 1)
		lines := w.lines("prompt.activate")
		require.Len(t, lines, 1)
		require.Equal(t, []string{"is_active"}, lines[0].ChangedFields)

		note := " why \n not "
		noted, err := w.office.PatchPrompt(w.ctx, w.admin, business, first.ID, backoffice.Any, backoffice.PromptPatch{Note: &note})
		require.NoError(t, err)
		require.Equal(t, "why not", noted.Note)
		require.Len(t, w.lines("prompt.update"), 1)
		off, err := w.office.PatchPrompt(w.ctx, w.admin, business, second.ID, 2, backoffice.PromptPatch{IsActive: yes(false)})
		require.NoError(t, err)
		require.False(t, off.IsActive)

		var stale *backoffice.Stale
		_, err = w.office.PatchPrompt(w.ctx, w.admin, business, first.ID, 1, backoffice.PromptPatch{Note: &note})
		require.ErrorAs(t, err, &stale)
		long := strings.Repeat("n", 201)
		_, err = w.office.PatchPrompt(w.ctx, w.admin, business, first.ID, backoffice.Any, backoffice.PromptPatch{Note: &long})
		require.ErrorIs(t, err, fault.Invalid)
		for _, of := range []string{business, "nobody"} {
			_, err = w.office.PatchPrompt(w.ctx, w.admin, of, "none", backoffice.Any, backoffice.PromptPatch{Note: &note})
			require.ErrorIs(t, err, fault.NotFound)
		}
	})
}

// TestDeletePrompt: only what is not active and was never used goes; its number is known by jobs for good.
func TestDeletePrompt(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		spare := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "One."})
		used := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "Two.", IsActive: true})
		remove := func(id string, seen int64) error { return w.office.DeletePrompt(w.ctx, w.admin, business, id, seen) }
		require.ErrorIs(t, remove(used.ID, backoffice.Any), fault.Conflict, "it is active")
		var stale *backoffice.Stale
		require.ErrorAs(t, remove(spare.ID, 7), &stale)
		require.NoError(t, remove(spare.ID, spare.Revision))
		require.ErrorIs(t, remove(spare.ID, backoffice.Any), fault.NotFound)
		_, err := w.store.Get(w.ctx, ports.Key{Partition: "business/" + business, Sort: "prompt/" + spare.ID})
		require.ErrorIs(t, err, fault.NotFound)

		g, err := w.generate(business, areas())
		require.NoError(t, err)
		templates := backoffice.TemplatesOf(g.Job)
		require.Len(t, templates, 2, "any serves both languages")
		require.Equal(t, used.ID, templates[0].ID)
		require.Equal(t, 2, templates[0].Version, "the number that it was given, not its place")
		stored, err := w.office.Prompt(w.ctx, business, used.ID)
		require.NoError(t, err)
		require.Equal(t, 1, stored.Uses, "one job, whatever the number of languages")
		require.Equal(t, used.Revision, stored.Revision, "a use is no change")
		_, err = w.office.PatchPrompt(w.ctx, w.admin, business, used.ID, used.Revision, backoffice.PromptPatch{IsActive: yes(false)})
		require.NoError(t, err)
		require.ErrorIs(t, remove(used.ID, backoffice.Any), fault.Conflict, "a job was begun with it")
		require.ErrorIs(t, w.office.DeletePrompt(w.ctx, w.admin, "nobody", used.ID, backoffice.Any), fault.NotFound)
		require.Len(t, w.lines("prompt.delete"), 1)
	})
}

// TestPromptDefaults: there is a built-in text of every page type in both languages.
func TestPromptDefaults(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		list := w.office.PromptDefaults()
		require.Len(t, list, 12)
		for _, d := range list {
			require.NotEmpty(t, d.Text)
			require.NotEmpty(t, d.Variables)
		}
	})
}

// TestPromptTextMissing: a text that is lost is told, not made up.
func TestPromptTextMissing(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		p := w.prompt(business, backoffice.NewPrompt{PageType: "service-area", Template: "One.", IsActive: true})
		w.remove(ports.Key{Partition: "business/" + business, Sort: "prompt/" + p.ID})
		_, err := w.office.Prompt(w.ctx, business, p.ID)
		require.ErrorIs(t, err, fault.Corrupt)
		_, err = w.generate(business, areas())
		require.ErrorIs(t, err, fault.Corrupt)
	})
}
