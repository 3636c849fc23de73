package backoffice

import (
	"cmp"
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Prompt is one version of a business's own wording of a task. Its text never changes: an edit is a new version.
type Prompt struct {
	ID       string           `json:"id"`
	PageType catalog.PageType `json:"page_type"`
	Language catalog.Language `json:"language"`
	// Version counts from 1 for each page type and language.
	Version int `json:"version"`
	// Template is the text. It is empty in lists.
	Template string `json:"template,omitempty"`
	// RequiredVariables are those of the text that a page must have a value for, OptionalVariables its others.
	RequiredVariables []string `json:"required_variables"`
	OptionalVariables []string `json:"optional_variables"`
	WordCountTarget   int      `json:"word_count_target"`
	// IsActive puts it to use; at most one of a page type and language is.
	IsActive  bool   `json:"is_active"`
	Note      string `json:"note,omitempty"`
	BasedOnID string `json:"based_on_id,omitempty"`
	// SHA256 is the hex hash of the text.
	SHA256 string `json:"sha256"`
	// Uses is how many jobs were begun with it.
	Uses int `json:"use_count"`
	Meta
}

// NewPrompt is what a version is made of. Language is any by default, WordCountTarget that of the page type.
type NewPrompt struct {
	PageType, Language, Template string
	RequiredVariables            []string
	WordCountTarget              *int
	IsActive                     bool
	Note, BasedOnID              string
}

// PromptPatch changes what may change of a version; nil keeps.
type PromptPatch struct {
	IsActive *bool
	Note     *string
}

// PromptFilter selects versions; zero values select all.
type PromptFilter struct {
	PageType, Language string
	Active             *bool
}

const docPrompts = "prompts"

// prompts is the document: all versions without their texts, in the order of their ids.
type prompts []Prompt

func (p prompts) find(id string) int {
	return slices.IndexFunc(p, func(one Prompt) bool { return one.ID == id })
}

func noPrompt() error { return fault.New(fault.NotFound, "there is no such prompt template") }

func promptTarget(business, id string) Target {
	return Target{Type: "prompt_template", ID: id, Business: business}
}

// textKey is where a version's text stands: texts of 200 versions do not fit a document.
func textKey(business, id string) ports.Key {
	return ports.Key{Partition: businessPart(business), Sort: "prompt/" + id}
}

func promptKeys(business string, more ...ports.Key) []ports.Key {
	return append([]ports.Key{businessKey(business), documentKey(business, docPrompts, 0)}, more...)
}

// readPrompts reads the document of a business that is not being deleted.
func readPrompts(tx ports.Tx, business string) (prompts, error) {
	if _, err := readBusiness(tx, business); err != nil {
		return nil, err
	}
	return readDocument[prompts](tx, business, docPrompts)
}

// Prompts lists the versions without their texts, oldest first.
func (o *Office) Prompts(ctx context.Context, business string, f PromptFilter, limit int, cursor string) (list []Prompt, next string, err error) {
	pageType := catalog.PageType("")
	if f.PageType != "" {
		var known bool
		if pageType, known = catalog.ParsePageType(f.PageType); !known {
			return nil, "", catalog.Problems{{Path: "/page_type", Message: "this is no page type"}}
		}
	}
	var all prompts
	err = o.view(ctx, promptKeys(business), func(tx ports.Tx) (err error) {
		all, err = readPrompts(tx, business)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	all = slices.DeleteFunc(all, func(p Prompt) bool {
		return pageType != "" && p.PageType != pageType || f.Language != "" && string(p.Language) != f.Language || f.Active != nil && p.IsActive != *f.Active
	})
	list, next = page(all, func(p Prompt) string { return p.ID }, limit, cursor)
	return list, next, nil
}

// Prompt reads a version with its text. Errors: NotFound.
func (o *Office) Prompt(ctx context.Context, business, id string) (p Prompt, err error) {
	err = o.view(ctx, promptKeys(business, textKey(business, id)), func(tx ports.Tx) error {
		all, err := readPrompts(tx, business)
		if err != nil {
			return err
		}
		at := all.find(id)
		if at < 0 {
			return noPrompt()
		}
		p = all[at]
		p.Template, err = readText(tx, business, id)
		return err
	})
	if err != nil {
		return Prompt{}, err
	}
	return p, nil
}

func readText(tx ports.Tx, business, id string) (string, error) {
	text, found, err := get[string](tx, textKey(business, id))
	if err == nil && !found {
		err = fault.New(fault.Corrupt, "backoffice: the text of prompt template %s of business %s is not there", id, business)
	}
	return text, err
}

// PromptDefault is a built-in text, which a job uses where the business has no active one.
type PromptDefault struct {
	PageType catalog.PageType
	pages.Template
	Variables []string
}

// PromptDefaults lists the built-in texts: one for each page type and language.
func (o *Office) PromptDefaults() []PromptDefault {
	var list []PromptDefault
	for _, pageType := range catalog.PageTypes() {
		for _, language := range catalog.Languages() {
			t := pages.Builtin(pageType, language)
			list = append(list, PromptDefault{pageType, t, variablesOf(t.Text)})
		}
	}
	return list
}

// variablesOf lists what a text uses; one that cannot be read uses nothing.
func variablesOf(text string) []string {
	syntax, err := catalog.ParseTemplate(text)
	if err != nil {
		return nil
	}
	return syntax.Variables()
}

// templates are the active versions with their texts, as a job chooses from them. Those that are not active no job uses.
func (o *Office) templates(tx ports.Tx, business string) ([]catalog.PromptTemplate, error) {
	all, err := readDocument[prompts](tx, business, docPrompts)
	if err != nil {
		return nil, err
	}
	var list []catalog.PromptTemplate
	for _, p := range all {
		if !p.IsActive {
			continue
		}
		if p.Template, err = readText(tx, business, p.ID); err != nil {
			return nil, err
		}
		list = append(list, p.catalog())
	}
	return list, nil
}

func (p Prompt) catalog() catalog.PromptTemplate {
	words := p.WordCountTarget
	return catalog.PromptTemplate{
		ID: p.ID, PageType: p.PageType, Language: p.Language, Template: p.Template, RequiredVariables: slices.Clone(p.RequiredVariables),
		WordCountTarget: &words, IsActive: p.IsActive, Note: p.Note, BasedOnID: p.BasedOnID,
	}
}

// promptVersions are the numbers of the active versions, by id. Neither ever changes.
func (o *Office) promptVersions(ctx context.Context, business string) (map[string]int, error) {
	versions := map[string]int{}
	err := o.view(ctx, promptKeys(business), func(tx ports.Tx) error {
		clear(versions)
		all, err := readPrompts(tx, business)
		for _, p := range all {
			versions[p.ID] = p.Version
		}
		return err
	})
	return versions, err
}

// markUsed counts a job for the versions that it uses, so that they cannot be deleted. Built-in ones are not counted.
func markUsed(tx ports.Tx, business string, used []pages.Template) error {
	all, err := readDocument[prompts](tx, business, docPrompts)
	if err != nil {
		return err
	}
	marked := map[string]bool{}
	for _, t := range used {
		if at := all.find(t.ID); at >= 0 && !marked[t.ID] {
			all[at].Uses++
			marked[t.ID] = true
		}
	}
	if len(marked) == 0 {
		return nil
	}
	return writeDocument(tx, business, docPrompts, all)
}

// nextVersion is the number of the next version of a page type and language.
func (p prompts) nextVersion(pageType catalog.PageType, language catalog.Language) int {
	last := 0
	for _, one := range p {
		if one.PageType == pageType && one.Language == language {
			last = max(last, one.Version)
		}
	}
	return last + 1
}

// sorted keeps the order of ids.
func (p prompts) sorted() prompts {
	slices.SortFunc(p, func(a, b Prompt) int { return cmp.Compare(a.ID, b.ID) })
	return p
}
