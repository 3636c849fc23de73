package pagehtml_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// elements are those that a preview is made of, with the attributes that each may have.
func elements() map[string]string {
	return map[string]string{
		"html": "lang", "head": "", "meta": "charset", "style": "", "title": "", "body": "", "p": "class", "h1": "", "h2": "",
	}
}

// inert fails the test if the document has an element or an attribute that is not of the preview's own making.
func inert(t *testing.T, document string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(document))
	require.NoError(t, err)
	for n := range root.Descendants() {
		switch n.Type {
		case html.ElementNode:
			allowed, known := elements()[n.Data]
			require.True(t, known, "element %s", n.Data)
			for _, attribute := range n.Attr {
				require.Equal(t, allowed, attribute.Key, "attribute of %s", n.Data)
			}
		case html.CommentNode:
			t.Fatal("a comment")
		}
	}
}

// hostile is what a model, or who speaks through it, may write.
func hostile() []string {
	return []string{
		"plain", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</title><script>alert(1)</script>", "</style><svg onload=alert(1)>",
		"<a href=\"javascript:alert(1)\">x</a>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<<script>script>alert(1)<</script>/script>", "<!--", "-->", "]]>",
		"<iframe srcdoc='<script>1</script>'>", "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
		"\x00<scr\x00ipt>", "a < b && c > d", "<plaintext>", "<textarea>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
	}
}

func contentOf(text string) pages.Content {
	return pages.Content{
		Title: text, MetaDescription: text, H1: text, Body: text + "\n\n" + text, Sections: []pages.Section{{Heading: text, Content: text}}, CTA: text,
	}
}

func render(t *testing.T, c pages.Content) string {
	t.Helper()
	document, err := pagehtml.New().Render(t.Context(), catalog.English, c)
	require.NoError(t, err)
	return document
}

func TestADocumentShowsTextAlone(t *testing.T) {
	t.Parallel()
	for _, text := range hostile() {
		inert(t, render(t, contentOf(text)))
	}
	document := render(t, pages.Content{Title: "Tea & <b>cake</b>", H1: "Tea", Body: "One.\n\nTwo."})
	require.Contains(t, document, "<title>Tea &amp; cake</title>")
	require.Contains(t, document, "<p>One.</p>\n<p>Two.</p>")
}

func TestADocumentSaysItsLanguage(t *testing.T) {
	t.Parallel()
	for language, want := range map[catalog.Language]string{catalog.English: `<html lang="en">`, catalog.Spanish: `<html lang="es">`} {
		document, err := pagehtml.New().Render(t.Context(), language, contentOf("Té"))
		require.NoError(t, err)
		require.Contains(t, document, want)
		require.Contains(t, document, "<h1>Té</h1>")
	}
}

func FuzzClean(f *testing.F) {
	for _, text := range hostile() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { inert(t, render(t, contentOf(text))) })
}
