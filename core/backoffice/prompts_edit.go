package backoffice

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// CreatePrompt adds a version. Errors: catalog.Problems, NotFound, Conflict (there are catalog.MaxTemplates).
func (o *Office) CreatePrompt(ctx context.Context, by Caller, business string, n NewPrompt) (Prompt, error) {
	t, err := checkPrompt(catalog.PromptTemplate{
		PageType: catalog.PageType(n.PageType), Language: catalog.Language(n.Language), Template: n.Template, RequiredVariables: n.RequiredVariables,
		WordCountTarget: n.WordCountTarget, IsActive: n.IsActive, Note: n.Note, BasedOnID: n.BasedOnID,
	})
	if err != nil {
		return Prompt{}, err
	}
	p := promptOf(o.IDs.NewID(), t)
	p.Meta = Meta{}.next(o.now())
	err = o.act(ctx, by, Action{"prompt.create", promptTarget(business, p.ID)}, promptKeys(business, textKey(business, p.ID)), func(tx ports.Tx, note *note) error {
		all, err := readPrompts(tx, business)
		if err != nil {
			return err
		}
		if len(all) >= catalog.MaxTemplates {
			return fault.New(fault.Conflict, "there are %d prompt templates already: delete some that were never used", catalog.MaxTemplates)
		}
		if p.BasedOnID != "" && all.find(p.BasedOnID) < 0 {
			return catalog.Problems{{Path: "/based_on_id", Message: "there is no such prompt template; name another or leave it out"}}
		}
		p.Version = all.nextVersion(p.PageType, p.Language)
		note.changed(nil, p)
		tx.Get(textKey(business, p.ID))
		tx.Put(record(textKey(business, p.ID), kindTemplate, p.Template))
		stored := p
		stored.Template = ""
		return all.put(tx, business, stored, p.CreatedAt)
	})
	if err != nil {
		return Prompt{}, err
	}
	return p, nil
}

// promptOf is a version without number and meta. Its required variables are those that the template says, and those that every page must
// have, in the order of their use.
func promptOf(id string, t catalog.PromptTemplate) Prompt {
	always, needed, optional := pages.AlwaysRequired(), []string{}, []string{}
	for _, name := range variablesOf(t.Template) {
		if slices.Contains(t.RequiredVariables, name) || slices.Contains(always, name) {
			needed = append(needed, name)
		} else {
			optional = append(optional, name)
		}
	}
	return Prompt{
		ID: id, PageType: t.PageType, Language: t.Language, Template: t.Template, RequiredVariables: needed, OptionalVariables: optional,
		WordCountTarget: t.Words(), IsActive: t.IsActive, Note: t.Note, BasedOnID: t.BasedOnID, SHA256: t.SHA256(),
	}
}

// checkPrompt applies the catalog's rules to one template alone. Paths are from the template on.
func checkPrompt(t catalog.PromptTemplate) (catalog.PromptTemplate, error) {
	const here = "/prompt_templates/0"
	c, problems := catalog.Catalog{PromptTemplates: []catalog.PromptTemplate{t}}.Normalise()
	var own catalog.Problems
	for _, problem := range problems {
		if path, of := strings.CutPrefix(problem.Path, here); of {
			problem.Path = path
			own = append(own, problem)
		}
	}
	return c.PromptTemplates[0], own.Err()
}

// put adds or replaces a version, and switches off the one that was active in its place.
func (p prompts) put(tx ports.Tx, business string, one Prompt, now time.Time) error {
	if one.IsActive {
		p.retire(one, now)
	}
	if at := p.find(one.ID); at >= 0 {
		p[at] = one
	} else {
		p = append(p, one).sorted()
	}
	return writeDocument(tx, business, docPrompts, p)
}

// retire switches off whatever is active besides the one.
func (p prompts) retire(one Prompt, now time.Time) {
	for i := range p {
		if was := &p[i]; was.IsActive && was.ID != one.ID && was.PageType == one.PageType && was.Language == one.Language {
			was.IsActive, was.Meta = false, was.next(now)
		}
	}
}

// PatchPrompt puts a version to use or out of it, or changes its note. What was active in its place is switched off in the
// same step. Errors: catalog.Problems, NotFound, Stale.
func (o *Office) PatchPrompt(ctx context.Context, by Caller, business, id string, seen int64, patch PromptPatch) (Prompt, error) {
	if patch.Note != nil {
		t, err := checkPrompt(catalog.PromptTemplate{PageType: catalog.KeywordLocation, Template: "-", Note: *patch.Note})
		if err != nil {
			return Prompt{}, err
		}
		patch.Note = &t.Note
	}
	action := Action{"prompt.update", promptTarget(business, id)}
	if patch.IsActive != nil && *patch.IsActive {
		action.Name = "prompt.activate"
	}
	var p Prompt
	err := o.act(ctx, by, action, promptKeys(business, textKey(business, id)), func(tx ports.Tx, note *note) error {
		all, err := readPrompts(tx, business)
		if err != nil {
			return err
		}
		at := all.find(id)
		if at < 0 {
			return noPrompt()
		}
		was := all[at]
		if err := was.match(seen); err != nil {
			return err
		}
		is := patch.apply(was)
		is.Meta = was.next(o.now())
		note.changed(was, is)
		if err := all.put(tx, business, is, is.UpdatedAt); err != nil {
			return err
		}
		p = is
		p.Template, err = readText(tx, business, id)
		return err
	})
	if err != nil {
		return Prompt{}, err
	}
	return p, nil
}

func (patch PromptPatch) apply(p Prompt) Prompt {
	if patch.IsActive != nil {
		p.IsActive = *patch.IsActive
	}
	if patch.Note != nil {
		p.Note = *patch.Note
	}
	return p
}

// DeletePrompt removes a version that is not active and that no job was ever begun with. Errors: NotFound, Stale, Conflict.
func (o *Office) DeletePrompt(ctx context.Context, by Caller, business, id string, seen int64) error {
	return o.act(ctx, by, Action{"prompt.delete", promptTarget(business, id)}, promptKeys(business, textKey(business, id)), func(tx ports.Tx, note *note) error {
		all, err := readPrompts(tx, business)
		if err != nil {
			return err
		}
		at := all.find(id)
		if at < 0 {
			return noPrompt()
		}
		switch p := all[at]; {
		case p.match(seen) != nil:
			return p.match(seen)
		case p.IsActive:
			return fault.New(fault.Conflict, "this prompt template is in use: activate another one first")
		case p.Uses > 0:
			return fault.New(fault.Conflict, "jobs were begun with this prompt template: it cannot be deleted")
		}
		note.changed(all[at], nil)
		tx.Get(textKey(business, id))
		tx.Delete(textKey(business, id))
		return writeDocument(tx, business, docPrompts, slices.Delete(all, at, at+1))
	})
}
