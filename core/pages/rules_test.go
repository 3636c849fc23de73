package pages_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// judged changes the faultless page and has it judged at the first attempt.
func judged(t *testing.T, change func(c *pages.Content)) job.Verdict {
	t.Helper()
	c := written()
	change(&c)
	return bench(t).Accept(0, first, answer(t, c))
}

func TestLengths(t *testing.T) {
	t.Parallel()
	title := "Emergency Plumber 00 in Town Aaa " + strings.Repeat("é", 33) + " x"
	for name, tc := range map[string]struct {
		title, meta string
		try         job.Try
		outcome     job.Outcome
		want        string
		wantTitle   string
	}{
		"Edge":                {title + "yz", strings.Repeat("ñ", 160), first, job.Accepted, "", title + "yz"},
		"TitleOver":           {title + "yzz", "m", first, job.Again, "title: 71 characters, at most 70", ""},
		"MetaOver":            {title, strings.Repeat("ñ", 161), first, job.Again, "meta_description: 161 characters, at most 160", ""},
		"TitleTrimmed":        {title + "yzz", "m", corrective, job.Accepted, "", strings.TrimSuffix(title, " x")},
		"TrimmedAtWordsEnd":   {title + "yz and more", "m", corrective, job.Accepted, "", title + "yz"},
		"TrimmedOfJoints":     {"Emergency Plumber 00 in Town Aaa, " + strings.Repeat("e", 30) + " | - (" + strings.Repeat("x", 40), "m", corrective, job.Accepted, "", "Emergency Plumber 00 in Town Aaa, " + strings.Repeat("e", 30)},
		"TrimmedInsideAWord":  {"Emergency-plumber-00-in-" + strings.Repeat("é", 60), "m", corrective, job.Accepted, "", "Emergency-plumber-00-in-" + strings.Repeat("é", 46)},
		"MetaTrimmed":         {title, strings.Repeat("ñ ", 81) + "and", corrective, job.Accepted, "", title},
		"TrimmedPunctuation":  {strings.Repeat("-", 71) + "a", "m", corrective, job.Again, "title: 72 characters", ""},
		"BlankBeforeTheLimit": {title + "y zz", "m", corrective, job.Accepted, "", title + "y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := written()
			c.Title, c.MetaDescription = tc.title, tc.meta
			v := bench(t).Accept(0, tc.try, answer(t, c))
			require.Equal(t, tc.outcome, v.Outcome, v.Detail)
			require.Contains(t, v.Detail, tc.want)
			if v.Outcome != job.Accepted {
				return
			}
			got, err := pages.DecodeContent(v.Output)
			require.NoError(t, err)
			require.Equal(t, tc.wantTitle, got.Title)
			require.LessOrEqual(t, utf8.RuneCountInString(got.MetaDescription), 160)
			changed := got.Title != tc.title || got.MetaDescription != tc.meta
			require.Equal(t, changed, len(v.Flags) > 0 && v.Flags[0] == "trimmed")
		})
	}
	both := written()
	both.Title, both.MetaDescription = title+" and more", strings.Repeat("m ", 100)+"x"
	require.Equal(t, []string{"trimmed"}, bench(t).Accept(0, corrective, answer(t, both)).Flags)
}

func TestTextRules(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		rule string
		bad  []string
		good []string
	}{
		{
			"placeholders",
			[]string{
				"Hello {{city}}", "{{", "a }} b", "phone (not provided)", "Phone (Not  Provided)", "tel. (No proporcionado)", "Visit [city]", "[Your Business Name] now",
				"x [1] [insert phone #]", "Lorem Ipsum dolor", "[CITY/STATE]", "[ab] x", "[Ciudad]",
			},
			[]string{"{a}", "see [1]", "[ ]", "[a]", "[", "[x", "[3 words here]", "not provided by us", "a lorem b", "[" + strings.Repeat("a", 41) + "]", "[a, b]"},
		},
		{
			"markup",
			[]string{
				"<b>bold</b>", "a </p", "<!-- x -->", "<?php", "<script", "javascript:alert(1)", "JAVASCRIPT:void(0)", "vbscript:x", "data:text/html;base64,x",
				"```go", "~~~", "**bold**", "# Heading", "a\n### Heading", "[link](https://a.example)", `{"title": "x"}`, `"sections" : []`, `"h1":1`,
			},
			[]string{
				"a < b", "<3", "1<2", "JavaScript: the basics", "javascript:", "#1 choice", "####### seven", "a # b", "`code`", "* item", "- item", "5 * 3 * 2",
				`the "title" of`, `"body"`, "AT&T; Co", "https://a.example/x", "a <", "data: text/html",
			},
		},
		{
			"forbidden_terms",
			[]string{"so cheap!", "CHEAP", "chéap", "Cheap-looking", "the Numero  UNO", "número\nuno.", "cheap"},
			[]string{"cheaper", "uncheap", "numero unos", "número-uno", "cheapé"},
		},
	} {
		for _, text := range tc.bad {
			v := judged(t, func(c *pages.Content) { c.Sections[0].Content += "\n\n" + text })
			require.Equal(t, job.Again, v.Outcome, "%s: %q", tc.rule, text)
			require.Equal(t, job.CodeOutputInvalid, v.Code)
			require.Contains(t, v.Detail, tc.rule+": ", text)
		}
		for _, text := range tc.good {
			v := judged(t, func(c *pages.Content) { c.Sections[0].Content += "\n\n" + text })
			require.Equal(t, job.Accepted, v.Outcome, "%s: %q: %s", tc.rule, text, v.Detail)
		}
	}
}

// TestTextRulesLookEverywhere puts a breach into each member in turn.
func TestTextRulesLookEverywhere(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"{{x}}", "<b>", "cheap", "lorem ipsum", "(not provided)"} {
		for i, write := range []func(c *pages.Content){
			func(c *pages.Content) { c.Title += " " + bad }, func(c *pages.Content) { c.MetaDescription += " " + bad },
			func(c *pages.Content) { c.H1 += " " + bad }, func(c *pages.Content) { c.Body += " " + bad },
			func(c *pages.Content) { c.CTA += " " + bad }, func(c *pages.Content) { c.Sections[0].Heading += " " + bad },
			func(c *pages.Content) { c.Sections[0].Content += " " + bad },
		} {
			require.Equal(t, job.Again, judged(t, write).Outcome, "%s in %d", bad, i)
		}
	}
}

func TestForbiddenTermsWithSigns(t *testing.T) {
	t.Parallel()
	c := harbor(1, 1, 1)
	c.Questionnaire.Brand.ForbiddenTerms = []string{"#1", "C++", "50% off", "best", "guarantee", "top rated", "nº 1", "lowest"}
	plan := build(t, c, options("keyword-service-area"))
	judge := func(text string) string {
		page := written()
		page.CTA += " " + text
		return plan.Accept(0, first, answer(t, page)).Detail
	}
	require.Contains(t, judge("the #1 choice"), "do not use #1")
	require.Contains(t, judge("C++, yes"), "do not use C++")
	require.Contains(t, judge("now 50%   OFF!"), "do not use 50% off")
	require.Empty(t, judge("the #10 choice, C+ and 150% official"))
	require.Contains(t, judge("#1 C++ 50% off best guarantee top rated lowest"), "do not use #1, C++, 50% off, best, guarantee")
}

func TestWordCountRule(t *testing.T) {
	t.Parallel()
	require.Equal(t, 5, pages.WordCount(pages.Content{Body: "one - two's ¡3! …", Sections: []pages.Section{{Heading: "four", Content: "five\n\n&"}}, CTA: "six"}))
	for words, want := range map[int]string{199: "error", 200: "flag", 349: "flag", 350: "", 400: "", 500: "", 501: "flag", 5000: "flag"} {
		v := judged(t, func(c *pages.Content) {
			c.Body = "Town Aaa Town Aaa 207 555 0142" + strings.Repeat(" the", words-8)
			c.Sections = []pages.Section{{Heading: "The", Content: "the"}}
			require.Equal(t, words+1, pages.WordCount(*c))
			c.Body = strings.TrimSuffix(c.Body, " the")
		})
		switch want {
		case "error":
			require.Equal(t, job.Again, v.Outcome, words)
			require.Equal(t, "word_count: 199 words in body and sections, write about 400", v.Detail)
		case "flag":
			require.Equal(t, []string{"word_count"}, v.Flags, words)
		default:
			require.Equal(t, job.Accepted, v.Outcome)
			require.Empty(t, v.Flags, words)
		}
	}
}

func TestTheFlagsAreKnown(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"city", "keyword_title", "leak", "phone", "trimmed", "word_count"}, pages.Flags())
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(c *pages.Content)
		flags  []string
	}{
		"KeywordOtherOrder": {func(c *pages.Content) { c.Title = "00: Plúmber, EMERGENCY" }, nil},
		"KeywordWordAbsent": {func(c *pages.Content) { c.Title = "Emergency Plumbers 00" }, []string{"keyword_title"}},
		"PhoneInCTA": {func(c *pages.Content) {
			c.Body = strings.ReplaceAll(c.Body, "(207) 555-0142", "us please")
			c.CTA = "Call +1 207.555.0142 or 911"
		}, nil},
		"PhoneInSection":   {func(c *pages.Content) { swapPhone(c, "us please"); c.Sections[0].Heading = "24 2075550142 7" }, nil},
		"PhoneSplitOddly":  {func(c *pages.Content) { swapPhone(c, "207 55 50 142") }, nil},
		"PhoneLonger":      {func(c *pages.Content) { swapPhone(c, "92075550142 x") }, []string{"phone"}},
		"PhoneInterrupted": {func(c *pages.Content) { swapPhone(c, "207 555 x0142") }, []string{"phone"}},
		"PhoneAbsent":      {func(c *pages.Content) { swapPhone(c, "us please") }, []string{"phone"}},
		"PhoneInTitleOnly": {func(c *pages.Content) { swapPhone(c, "us please"); c.Title += " 207-555-0142" }, []string{"phone"}},
		"CityOnce":         {func(c *pages.Content) { c.Body = strings.Replace(c.Body, "Town Aaa", "this town", 1) }, []string{"city"}},
		"CityFolded":       {func(c *pages.Content) { c.Body = strings.ReplaceAll(c.Body, "Town Aaa", "TÓWN  aaa") }, nil},
		"CityInsideAWord":  {func(c *pages.Content) { c.Body = strings.ReplaceAll(c.Body, "Town Aaa", "Town Aaaton") }, []string{"city"}},
		"CityInSections": {func(c *pages.Content) {
			c.Body = strings.ReplaceAll(c.Body, "Town Aaa", "the town")
			c.Sections[0].Content += " Town Aaa."
			c.Sections[0].Heading = "In Town Aaa"
		}, nil},
		"LeakOfAKey":     {func(c *pages.Content) { c.CTA += " sk-ant-api03-0123456789abcd" }, []string{"leak"}},
		"LeakOfAPrivate": {func(c *pages.Content) { c.Body += " -----BEGIN RSA PRIVATE KEY-----" }, []string{"leak"}},
		"LeakOfRules": {func(c *pages.Content) {
			c.Body += " meta_description: one or two sentences of at most 160 characters in all."
		}, []string{"leak"}},
		"NoLeakInAMention": {func(c *pages.Content) { c.Body += " Our keys do not begin with sk-ant- and mbt_short is no key." }, nil},
		"All": {func(c *pages.Content) {
			c.Title = "Help"
			c.Body = strings.Repeat(englishTen, 25)
			c.Sections = c.Sections[:1]
			c.Sections[0].Content = "the"
		}, []string{"word_count", "keyword_title", "phone", "city"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := judged(t, tc.change)
			require.Equal(t, job.Accepted, v.Outcome, v.Detail)
			require.Equal(t, tc.flags, v.Flags)
			require.Subset(t, pages.Flags(), v.Flags)
		})
	}
}

func swapPhone(c *pages.Content, with string) {
	c.Body = strings.ReplaceAll(c.Body, "(207) 555-0142", with)
}

func TestKeywordEndingsDoNotCount(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		keyword  string
		language catalog.Language
		title    string
		flagged  bool
	}{
		{"plumber near me", en, "A Plumber in Town", false},
		{"plumber Near  Me", en, "A Plumber in Town", false},
		{"near me", en, "A Plumber in Town", false},
		{"plumber near me now", en, "A Plumber in Town", true},
		{"plumberynear me", en, "A Plumber in Town", true},
		{"plomero cerca de mí", es, "Un plomero en la ciudad", false},
		{"plomero cerca de mi", es, "Un plomero en la ciudad", false},
		{"electricista cerca de mí", es, "Un plomero en la ciudad", true},
	} {
		c := harbor(0, 0, 1)
		c.Keywords = []catalog.Keyword{{Keyword: tc.keyword, Language: tc.language}}
		page := written()
		if tc.language == es {
			page = writtenES()
		}
		page.Title = tc.title
		v := build(t, c, options("keyword-service-area", tc.language)).Accept(0, first, answer(t, page))
		require.Equal(t, job.Accepted, v.Outcome, v.Detail)
		require.Equal(t, tc.flagged, len(v.Flags) == 1 && v.Flags[0] == "keyword_title", "%q: %v", tc.keyword, v.Flags)
	}
}

func TestLanguageRule(t *testing.T) {
	t.Parallel()
	plan := bench(t)
	english, spanish := written(), writtenES()
	english.Title, spanish.Title = spanish.Title, english.Title
	require.Equal(t, job.Accepted, plan.Accept(0, first, answer(t, english)).Outcome)
	require.Equal(t, job.Accepted, plan.Accept(1, first, answer(t, spanish)).Outcome)
	v := plan.Accept(1, first, answer(t, english))
	require.Equal(t, job.Again, v.Outcome)
	require.Contains(t, v.Detail, "language: the page is not in Spanish")
	v = plan.Accept(0, first, answer(t, spanish))
	require.Contains(t, v.Detail, "language: the page is not in English")

	none := written()
	none.Title, none.MetaDescription, none.H1, none.CTA = "Rohre", "Rohre", "Rohre", "Rohre"
	none.Body, none.Sections = strings.Repeat("Rohre ", 400), []pages.Section{{Heading: "Rohre", Content: "Rohre"}}
	require.Contains(t, plan.Accept(0, first, answer(t, none)).Detail, "language")
	none.Body += "the el"
	require.Contains(t, plan.Accept(0, first, answer(t, none)).Detail, "language")
	none.Body += " the"
	require.Equal(t, job.Accepted, plan.Accept(0, first, answer(t, none)).Outcome)
}

func TestEveryBreachIsNamed(t *testing.T) {
	t.Parallel()
	v := judged(t, func(c *pages.Content) {
		c.Title = strings.Repeat("cheap <b> {{x}} ", 5)
		c.Body, c.Sections[0].Content = "Hola a todos los que están en la ciudad", "de la"
		c.Sections[0].Heading = "Los"
		c.H1, c.MetaDescription, c.CTA = "Los", "Los", "Los"
	})
	require.Equal(t, job.Again, v.Outcome)
	for _, rule := range []string{"title: 79", "word_count: ", "placeholders: ", "markup: ", "forbidden_terms: ", "language: "} {
		require.Contains(t, v.Detail, rule)
	}
	require.LessOrEqual(t, len(v.Detail), 500)
}

func TestACityOfAccentsAlone(t *testing.T) {
	t.Parallel()
	c := harbor(1, 0, 1)
	c.ServiceAreas[0].City, c.ServiceAreas[0].Slug = "\u0301", "accent"
	v := build(t, c, options("keyword-service-area")).Accept(0, first, answer(t, written()))
	require.Equal(t, job.Accepted, v.Outcome, v.Detail)
	require.Equal(t, []string{"city"}, v.Flags)
}
