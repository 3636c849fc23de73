package pages_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Ten words each.
const (
	englishTen = "The team of the shop is ready for the work. "
	spanishTen = "El equipo de la empresa está listo para el trabajo. "
)

// written is a page of 400 words without a fault for the first page of the sample.
func written() pages.Content {
	return pages.Content{
		Title:           "Emergency Plumber 00 in Town Aaa",
		MetaDescription: "Help with pipes in Town Aaa.",
		H1:              "Plumbing help for the homes of Town Aaa",
		Body:            "In Town Aaa and around Town Aaa we come to you. " + strings.TrimSpace(strings.Repeat(englishTen, 18)) + "\n\nCall (207) 555-0142 now.",
		Sections:        []pages.Section{{Heading: "How it works for you", Content: strings.TrimSpace(strings.Repeat(englishTen, 20))}},
		CTA:             "Call Harbor today.",
	}
}

func writtenES() pages.Content {
	return pages.Content{
		Title:           "Plomero de Emergencia 00 en Town Aaa",
		MetaDescription: "Ayuda con las tuberías en Town Aaa.",
		H1:              "Ayuda para los hogares de Town Aaa",
		Body:            "En Town Aaa. En Town Aaa. " + strings.Repeat(spanishTen, 38) + "Llame al 207.555.0142.",
		Sections:        []pages.Section{{Heading: "Cómo se trabaja", Content: "Con cuidado y sin prisa."}},
		CTA:             "Llame hoy a Harbor.",
	}
}

func answer(t testing.TB, c pages.Content) job.Answer {
	t.Helper()
	data, err := json.Marshal(c)
	require.NoError(t, err)
	return job.Answer{Text: string(data), Stop: job.StopEndTurn, Usage: cost.Usage{Input: 1, Output: 1}, UsageOK: true}
}

// bench is a plan whose page 0 is English and 1 Spanish.
func bench(t testing.TB) *pages.Plan {
	t.Helper()
	return build(t, harbor(1, 1, 1), options("keyword-service-area"))
}

var first, corrective = job.Try{Attempt: 1}, job.Try{Attempt: 2, Last: job.Verdict{Outcome: job.Again, Code: job.CodeOutputInvalid}}

func TestAcceptedPage(t *testing.T) {
	t.Parallel()
	plan := bench(t)
	require.Equal(t, 400, pages.WordCount(written()))
	v := plan.Accept(0, first, answer(t, written()))
	require.Equal(t, job.Verdict{Outcome: job.Accepted, Output: v.Output}, v)
	got, err := pages.DecodeContent(v.Output)
	require.NoError(t, err)
	require.Equal(t, written(), got)
	require.True(t, strings.HasPrefix(string(v.Output), `{"title":"Emergency Plumber 00 in Town Aaa","meta_description":`))
	require.False(t, strings.HasSuffix(string(v.Output), "\n"))

	v = plan.Accept(1, first, answer(t, writtenES()))
	require.Equal(t, job.Accepted, v.Outcome, v.Detail)
	require.Empty(t, v.Flags)
}

func TestStopReasons(t *testing.T) {
	t.Parallel()
	plan := bench(t)
	for _, tc := range []struct {
		stop    job.StopReason
		text    string
		detail  string
		outcome job.Outcome
		code    job.Code
		want    string
	}{
		{job.StopMaxTokens, "{}", "", job.Again, job.CodeOutputTruncated, "cut off"},
		{job.StopRefusal, "", "bio", job.Failed, job.CodeRefused, "the model declined: bio"},
		{job.StopRefusal, "", "", job.Failed, job.CodeRefused, "no reason given"},
		{job.StopContextWindow, "", "", job.Failed, job.CodeOutputTruncated, "context window"},
		{job.StopSequence, "", "", job.Failed, job.CodeOutputInvalid, "stop_sequence"},
		{job.StopToolUse, "", "", job.Failed, job.CodeOutputInvalid, "tool_use"},
		{job.StopPauseTurn, "", "", job.Failed, job.CodeOutputInvalid, "pause_turn"},
		{"", "", "", job.Failed, job.CodeOutputInvalid, "no reason given"},
		{"new\nreason" + job.StopReason(strings.Repeat("x", 900)), "", "", job.Failed, job.CodeOutputInvalid, "unknown reason: new reason"},
		{job.StopEndTurn, "", "", job.Again, job.CodeOutputInvalid, "empty"},
		{job.StopEndTurn, " \n", "", job.Again, job.CodeOutputInvalid, "empty"},
	} {
		v := plan.Accept(0, first, job.Answer{Stop: tc.stop, Text: tc.text, Detail: tc.detail})
		require.Equal(t, tc.outcome, v.Outcome, tc.stop)
		require.Equal(t, tc.code, v.Code, tc.stop)
		require.Contains(t, v.Detail, tc.want)
		require.LessOrEqual(t, len(v.Detail), 500)
		require.NotContains(t, v.Detail, "\n")
		require.Nil(t, v.Output)
	}
	truncated := answer(t, written())
	truncated.Stop = job.StopMaxTokens
	require.Equal(t, job.Again, plan.Accept(0, first, truncated).Outcome)
}

func TestSchemaBreaches(t *testing.T) {
	t.Parallel()
	plan := bench(t)
	good := answer(t, written()).Text
	sections := func(n int) string {
		return `{"title":"t","meta_description":"m","h1":"h","body":"b","sections":[` +
			strings.TrimSuffix(strings.Repeat(`{"heading":"h","content":"c"},`, n), ",") + `],"cta":"c"}`
	}
	for name, tc := range map[string]struct{ text, want string }{
		"Prose":           {"Here is the page you asked for.", "not valid JSON"},
		"Fenced":          {"```json\n" + good + "\n```", "not valid JSON"},
		"Cut":             {good[:len(good)/2], "not valid JSON"},
		"Trailing":        {good + good, "more after the end"},
		"Unknown":         {strings.Replace(good, `"h1"`, `"extra":1,"h1"`, 1), "/extra: unknown member"},
		"Duplicate":       {strings.Replace(good, `"h1"`, `"title":"x","h1"`, 1), "/title: this member is there twice"},
		"WrongCase":       {strings.Replace(good, `"h1"`, `"H1"`, 1), "/H1: unknown member"},
		"WrongType":       {strings.Replace(good, `"Call Harbor today."`, `7`, 1), "/cta: expected a text"},
		"SectionsType":    {strings.Replace(good, `"sections":[`, `"sections":{"a":[`, 1), "not valid JSON"},
		"Array":           {"[" + good + "]", "expected an object"},
		"Null":            {"null", "expected an object"},
		"Deep":            {strings.Repeat("[", 1000), "more than 32 deep"},
		"NotUTF8":         {strings.Replace(good, "Harbor", "Harb\xffr", 1), "UTF-8"},
		"NUL":             {strings.Replace(good, "Harbor", `Harb\u0000r`, 1), "U+0000"},
		"Empty":           {"{}", "title has no text; meta_description has no text; h1 has no text; body has no text; cta has no text; schema: 0 sections"},
		"Blank":           {strings.Replace(good, `"Call Harbor today."`, `" \n\t"`, 1), "cta has no text"},
		"NoWords":         {strings.Replace(good, `"Call Harbor today."`, `"... !"`, 1), "cta has no text"},
		"NullMember":      {strings.Replace(good, `"Call Harbor today."`, `null`, 1), "cta has no text"},
		"NoHeading":       {strings.Replace(good, `"How it works for you"`, `""`, 1), "section 1 has no heading"},
		"NoSections":      {sections(0), "0 sections"},
		"TooManySections": {sections(13), "13 sections, write 1 to 12"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := plan.Accept(0, first, job.Answer{Stop: job.StopEndTurn, Text: tc.text})
			require.Equal(t, job.Again, v.Outcome)
			require.Equal(t, job.CodeOutputInvalid, v.Code)
			require.Contains(t, strings.ReplaceAll(v.Detail, "; schema: ", "; "), strings.ReplaceAll(tc.want, "; schema: ", "; "))
			require.Contains(t, v.Detail, "schema: ")
		})
	}
	v := plan.Accept(0, first, job.Answer{Stop: job.StopEndTurn, Text: sections(12)})
	require.NotContains(t, v.Detail, "schema")

	long := `{"` + strings.Repeat("secret", 1000) + `":1,"` + strings.Repeat("é", 1000) + `":1,"x":1,"y":1}`
	v = plan.Accept(0, first, job.Answer{Stop: job.StopEndTurn, Text: long})
	require.LessOrEqual(t, len(v.Detail), 500)
	require.True(t, utf8.ValidString(v.Detail))
	require.Less(t, strings.Count(v.Detail, "secret"), 8)
}

func TestSpaceAroundTheObjectIsFine(t *testing.T) {
	t.Parallel()
	a := answer(t, written())
	a.Text = "\n " + a.Text + "\n"
	require.Equal(t, job.Accepted, bench(t).Accept(0, first, a).Outcome)
}

func TestNormalForm(t *testing.T) {
	t.Parallel()
	c := written()
	c.Title = "  Emergency\tPlumber  00\nin Town Aaa "
	c.Body = "\n\n" + strings.Replace(c.Body, "\n\n", " \t\n \n\n\n", 1) + "\nlast   line \n"
	c.CTA = " Call\n\n\nHarbor\n"
	v := bench(t).Accept(0, first, answer(t, c))
	require.Equal(t, job.Accepted, v.Outcome, v.Detail)
	got, err := pages.DecodeContent(v.Output)
	require.NoError(t, err)
	require.Equal(t, written().Title, got.Title)
	require.Equal(t, written().Body+"\nlast line", got.Body)
	require.Equal(t, "Call\n\nHarbor", got.CTA)
	require.Equal(t, []string{"Call", "Harbor"}, pages.Paragraphs(got.CTA))
	require.Len(t, pages.Paragraphs(got.Body), 2)
	require.Empty(t, pages.Paragraphs(""))

	again := bench(t).Accept(0, first, job.Answer{Stop: job.StopEndTurn, Text: string(v.Output)})
	require.Equal(t, string(v.Output), string(again.Output))
}

func TestOutputKeepsCharacters(t *testing.T) {
	t.Parallel()
	c := written()
	c.CTA = `Call "Harbor" & <3 > 2, é 😀`
	v := bench(t).Accept(0, first, answer(t, c))
	require.Equal(t, job.Accepted, v.Outcome, v.Detail)
	require.Contains(t, string(v.Output), `"cta":"Call \"Harbor\" & <3 > 2, é 😀"`)
}

func TestDecodeContentRefuses(t *testing.T) {
	t.Parallel()
	_, err := pages.DecodeContent([]byte(`{"title":1}`))
	require.Error(t, err)
}

func FuzzAccept(f *testing.F) {
	f.Add(answer(f, written()).Text, "end_turn", 1)
	f.Add(answer(f, writtenES()).Text, "end_turn", 2)
	f.Add(`{"title":"a","meta_description":"[","h1":"<","body":"\ud83d","sections":[{"heading":"x","content":"207"}],"cta":"#"}`, "end_turn", 2)
	f.Add("", "refusal", 0)
	plan := bench(f)
	f.Fuzz(func(t *testing.T, text, stop string, attempt int) {
		for ordinal := range plan.Size() {
			try := job.Try{Attempt: attempt}
			v := plan.Accept(ordinal, try, job.Answer{Text: text, Stop: job.StopReason(stop), Detail: text})
			require.LessOrEqual(t, len(v.Detail), 500)
			require.True(t, utf8.ValidString(v.Detail))
			require.NotContains(t, v.Detail, "\n")
			if v.Outcome != job.Accepted {
				require.NotEmpty(t, v.Code)
				require.NotEmpty(t, v.Detail)
				continue
			}
			c, err := pages.DecodeContent(v.Output)
			require.NoError(t, err)
			require.LessOrEqual(t, utf8.RuneCountInString(c.Title), 70)
			require.LessOrEqual(t, utf8.RuneCountInString(c.MetaDescription), 160)
			require.GreaterOrEqual(t, 2*pages.WordCount(c), 400)
			again := plan.Accept(ordinal, try, job.Answer{Text: string(v.Output), Stop: job.StopEndTurn})
			require.Equal(t, job.Accepted, again.Outcome, again.Detail)
			require.Equal(t, string(v.Output), string(again.Output))
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	plan := bench(b)
	for b.Loop() {
		plan.Request(0, first)
	}
}

func BenchmarkAccept(b *testing.B) {
	plan, good := bench(b), answer(b, written())
	for b.Loop() {
		if plan.Accept(0, first, good).Outcome != job.Accepted {
			b.Fatal("not accepted")
		}
	}
}
