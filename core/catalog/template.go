package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
)

// PromptTemplate is the business's own wording of the task for one page type.
type PromptTemplate struct {
	// ID is PAGE_TYPE-LANGUAGE-vN unless given.
	ID string `json:"id,omitempty"`
	// PageType is a page type; an alias becomes the canonical name.
	PageType PageType `json:"page_type"`
	// Language is en, es, or any (the default), which serves languages without an active template of their own.
	Language Language `json:"language,omitempty"`
	// Template is the text, 1 to 20,000 characters, with variables as {{name}}.
	Template string `json:"template"`
	// RequiredVariables must have a value on every page; each must occur in the text.
	RequiredVariables []string `json:"required_variables,omitempty"`
	// WordCountTarget is 100 to 3,000; 400 unless said, 700 for blogs.
	WordCountTarget *int `json:"word_count_target,omitempty"`
	// IsActive puts the template to use; at most one per page type and language is active.
	IsActive bool   `json:"is_active,omitempty"`
	Note     string `json:"note,omitempty"`
	// BasedOnID is the template that this one was made from, for the record.
	BasedOnID string `json:"based_on_id,omitempty"`
}

const (
	maxTemplate = 20_000
	minWords    = 100
	maxWords    = 3_000
)

// SHA256 is the hex hash of the text, which identifies it.
func (t PromptTemplate) SHA256() string {
	sum := sha256.Sum256([]byte(t.Template))
	return hex.EncodeToString(sum[:])
}

// templateUse is what can have one active template and counts versions.
type templateUse struct {
	pageType PageType
	language Language
}

func (k *checker) templates(templates []PromptTemplate) []PromptTemplate {
	const path = "/prompt_templates"
	k.limit(path, len(templates), MaxTemplates)
	ids := k.unique("id")
	versions, active := map[templateUse]int{}, map[templateUse]string{}
	for i := range templates {
		t, here := &templates[i], at(path, i)
		k.template(here, t)
		use := templateUse{t.PageType, t.Language}
		versions[use]++
		ids.identify(here+"/id", &t.ID, templateID(use, versions[use]), true)
		if !t.IsActive {
			continue
		}
		if first := active[use]; first != "" {
			k.add(here+"/is_active", "%s is active for %s in %s already; keep one active template", first, t.PageType, t.Language).
				as(CodeDuplicate).against(first).plainly("another template of this page type and language is active already; keep one active template")
			continue
		}
		active[use] = here
	}
	return orNil(templates)
}

// Version is the template's number among those of its page type and language, in the order of the catalog, from 1; 0
// when there is no such template.
func (c Catalog) Version(id string) int {
	versions := map[templateUse]int{}
	for _, t := range c.PromptTemplates {
		use := templateUse{t.PageType, t.Language}
		versions[use]++
		if t.ID == id {
			return versions[use]
		}
	}
	return 0
}

func (k *checker) template(path string, t *PromptTemplate) {
	name := trim(string(t.PageType))
	canonical, ok := ParsePageType(name)
	if t.PageType = canonical; !ok {
		k.add(path+"/page_type", "%s is no page type; use one of %s", shown(name), pageTypeList()).as(CodeNotAllowed)
	}
	language := string(t.Language)
	k.choice(path+"/language", &language, string(Any), string(English), string(Spanish), string(Any))
	t.Language = Language(language)
	words := t.PageType.Words()
	if k.number(path+"/word_count_target", t.WordCountTarget, minWords, maxWords); t.WordCountTarget != nil {
		words = *t.WordCountTarget
	}
	t.WordCountTarget = &words
	k.line(path+"/note", &t.Note, optional, 1, 200)
	if t.BasedOnID = trim(t.BasedOnID); t.BasedOnID != "" && !ValidID(t.BasedOnID) {
		k.add(path+"/based_on_id", "%s is no valid id; write the id of a template or remove it", shown(t.BasedOnID))
	}
	k.templateText(path, t)
}

// templateText checks the text and the variables that it requires.
func (k *checker) templateText(path string, t *PromptTemplate) {
	if !k.text(path+"/template", &t.Template, required, maxTemplate) {
		return
	}
	syntax, err := ParseTemplate(t.Template)
	if err != nil {
		k.add(path+"/template", "%s", err).plainly(plainTemplateError(err))
		return
	}
	used := syntax.Variables()
	for _, name := range used {
		if !KnownVariable(name) {
			k.add(path+"/template", "{{%s}} is no known variable%s", written(name), variableHint(name)).
				as(CodeUnknown).plainly("a variable of the template is unknown" + variableHint(name))
		}
	}
	seen := k.unique("variable")
	t.RequiredVariables = slices.Clone(t.RequiredVariables)
	for i := range t.RequiredVariables {
		here := at(path+"/required_variables", i)
		name := trim(t.RequiredVariables[i])
		t.RequiredVariables[i] = name
		if !slices.Contains(used, name) {
			k.add(here, "%s does not occur in the template; use it there or remove it here", shown(name)).as(CodeUnknown)
		}
		seen.claim(here, name)
	}
	t.RequiredVariables = orNil(t.RequiredVariables)
}

func templateID(use templateUse, version int) string {
	if use.pageType == "" {
		return ""
	}
	return string(use.pageType) + "-" + string(use.language) + "-v" + strconv.Itoa(version)
}

// Words is the number of words that the template asks for.
func (t PromptTemplate) Words() int {
	if t.WordCountTarget == nil {
		return t.PageType.Words()
	}
	return *t.WordCountTarget
}
