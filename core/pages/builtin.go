package pages

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

//go:embed templates/*.txt
var builtins embed.FS

// builtinVersion is raised when a built-in text changes.
const builtinVersion = 2

// BuiltinID is the id of the built-in template for a page type and language.
func BuiltinID(t catalog.PageType, language catalog.Language) string {
	return "builtin-" + string(t) + "-" + string(language)
}

// Builtin is the template that a job uses where the business has no active one of its own.
func Builtin(t catalog.PageType, language catalog.Language) Template {
	data, err := builtins.ReadFile("templates/" + string(t) + "." + string(language) + ".txt")
	if err != nil {
		panic("pages: no built-in template for " + string(t) + " in " + string(language))
	}
	return newTemplate(language, BuiltinID(t, language), builtinVersion, t.Words(), nil, strings.TrimSpace(string(data)))
}

func newTemplate(l catalog.Language, id string, version, words int, needed []string, text string) Template {
	sum := sha256.Sum256([]byte(text))
	return Template{
		Language: l, ID: id, Version: version, SHA256: hex.EncodeToString(sum[:]), Words: words, Required: needed, Text: text,
	}
}

// chooseTemplates takes for each language the business's active template of it, else the active one for any language,
// else the built-in one.
func chooseTemplates(c catalog.Catalog, t catalog.PageType, languages []catalog.Language, versions map[string]int) []Template {
	chosen := make([]Template, 0, len(languages))
	for _, language := range languages {
		own, ok := active(c, t, language)
		if !ok {
			own, ok = active(c, t, catalog.Any)
		}
		if !ok {
			chosen = append(chosen, Builtin(t, language))
			continue
		}
		chosen = append(chosen, newTemplate(language, own.ID, cmp.Or(versions[own.ID], c.Version(own.ID)), own.Words(), own.RequiredVariables, own.Template))
	}
	return chosen
}

func active(c catalog.Catalog, t catalog.PageType, language catalog.Language) (catalog.PromptTemplate, bool) {
	for _, own := range c.PromptTemplates {
		if own.IsActive && own.PageType == t && own.Language == language {
			return own, true
		}
	}
	return catalog.PromptTemplate{}, false
}
