package attack

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// shown are the elements of a preview and the attributes that each may have.
var shown = map[string][]string{
	"html": {"lang"}, "head": nil, "meta": {"charset"}, "style": nil, "title": nil, "body": nil, "p": {"class"}, "h1": nil, "h2": nil,
}

// inert demands that a browser that shows the answer runs, loads and leads to nothing, whatever its text. The tree is looked at as
// it is parsed first, and as it is parsed when it has been written once more: some markup wakes up then.
func inert(t *testing.T, a answer, text string) {
	t.Helper()
	require.Contains(t, a.Header.Get("Content-Type"), "text/html")
	require.Equal(t, "default-src 'none'", directive(a, "default-src"))
	require.Equal(t, "img-src data:", directive(a, "img-src"))
	require.Equal(t, "style-src 'unsafe-inline'", directive(a, "style-src"))
	require.Equal(t, "sandbox", directive(a, "sandbox"))
	for _, name := range []string{"script-src", "connect-src", "form-action", "base-uri"} {
		require.Contains(t, []string{"", name + " 'none'"}, directive(a, name))
	}
	require.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"))
	document := a.body
	for range 2 {
		tree, err := html.Parse(bytes.NewReader(document))
		require.NoError(t, err)
		still(t, tree, text)
		var again bytes.Buffer
		require.NoError(t, html.Render(&again, tree))
		document = again.Bytes()
	}
}

// still walks the tree.
func still(t *testing.T, n *html.Node, text string) {
	t.Helper()
	if n.Type == html.ElementNode {
		attributes, known := shown[n.Data]
		require.True(t, known, "<%s> after %s", n.Data, text)
		require.Empty(t, n.Namespace)
		for _, at := range n.Attr {
			require.True(t, has(attributes, at.Key), "<%s %s> after %s", n.Data, at.Key, text)
		}
		if n.Data == "style" {
			require.NotContains(t, strings.ToLower(n.FirstChild.Data), "url(", text)
			require.NotContains(t, strings.ToLower(n.FirstChild.Data), "evil", text)
		}
	}
	require.NotEqual(t, html.CommentNode, n.Type, text)
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		still(t, child, text)
	}
}
