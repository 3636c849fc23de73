package pages

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

const (
	// maxValue is the most characters that a value may have in a prompt.
	maxValue = 2_000
	// maxServices is how many services a prompt names.
	maxServices = 50
)

// clean makes a value one line: each run of white space becomes a blank, control characters go.
func clean(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) && !strings.Contains(s, "  ") {
		return strings.Trim(s, " ")
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cc, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return strings.Join(strings.Fields(s), " ")
}

// join lists items, as many whole ones as a value has room for.
func join(items []string) string {
	var b strings.Builder
	used := 0
	for _, item := range items {
		item = clean(item)
		size := utf8.RuneCountInString(item) + len(", ")
		if used+size > maxValue {
			break
		}
		if used > 0 {
			b.WriteString(", ")
		}
		b.WriteString(item)
		used += size
	}
	return b.String()
}

func languageName(language catalog.Language) string {
	if language == catalog.Spanish {
		return "Spanish"
	}
	return "English"
}

// spanishText is the row's own text, its twin's, or the service's Spanish name.
func spanishText(v view) string {
	switch {
	case v.row.language == catalog.Spanish:
		return v.row.text
	case v.in.PageType.Services():
		return v.row.nameES
	}
	return v.twins[v.row.slug]
}

// serviceNames finds the English and Spanish name of the page's service, else of the primary one.
func serviceNames(v view) (english, spanish string) {
	switch {
	case v.in.PageType.Services():
		return v.row.english, v.row.nameES
	case v.main != nil:
		return v.main.Name, v.main.NameES
	}
	return "", ""
}

func mainService(v view) string {
	english, _ := serviceNames(v)
	return english
}

func mainServiceES(v view) string {
	_, spanish := serviceNames(v)
	return spanish
}

// servicesList names the services in the page's language, in English where there is no name in it.
func servicesList(v view) string {
	services := v.in.Catalog.Services
	names := make([]string, 0, min(len(services), maxServices))
	for _, s := range services[:min(len(services), maxServices)] {
		if v.sheet == catalog.Spanish && s.NameES != "" {
			names = append(names, s.NameES)
			continue
		}
		names = append(names, s.Name)
	}
	return join(names)
}

func yearEstablished(v view) string {
	if year := v.in.Catalog.Questionnaire.Identity.YearEstablished; year != nil {
		return strconv.Itoa(*year)
	}
	return ""
}

func yearsExperience(v view) string {
	year := v.in.Catalog.Questionnaire.Identity.YearEstablished
	if year == nil || v.in.Year-*year < 1 {
		return ""
	}
	return strconv.Itoa(v.in.Year - *year)
}
