package output_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
)

func hash64(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestSiteURL(t *testing.T) {
	t.Parallel()
	for website, want := range map[string]string{
		"https://example.com":                   "https://example.com/a/b-ri",
		"https://example.com/":                  "https://example.com/a/b-ri",
		"http://example.com:8080":               "http://example.com:8080/a/b-ri",
		"HTTPS://Example.com/shop/":             "https://Example.com/shop/a/b-ri",
		"https://example.com/shop":              "https://example.com/shop/a/b-ri",
		"https://example.com/home.html?x=1#top": "https://example.com/a/b-ri",
		"https://example.com/shop/index.php":    "https://example.com/shop/a/b-ri",
		"https://example.com/caf%C3%A9 & co":    "https://example.com/caf%C3%A9%20&%20co/a/b-ri",
		"https://example.com/?q=a&b=<c>":        "https://example.com/a/b-ri",
		"":                                      "",
		"ftp://example.com":                     "",
		"example.com":                           "",
		"https://":                              "",
		"://":                                   "",
	} {
		require.Equal(t, want, output.SiteURL(website, "/a/b-ri"), website)
	}
}

func TestTel(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ phone, country, want string }{
		{"(401) 555-0142", "US", "tel:+14015550142"},
		{"1-401-555-0142", "CA", "tel:+14015550142"},
		{"+1 401 555 0142", "US", "tel:+14015550142"},
		{"+44 20 7946 0000", "US", "tel:+442079460000"},
		{"020 7946 0000", "GB", "tel:02079460000"},
		{"555-0142", "US", "tel:5550142"},
	} {
		require.Equal(t, c.want, output.Tel(c.phone, c.country))
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	require.Equal(t, "../../es/a/b/index.html", output.Relative("/a/b", "/es/a/b"))
	require.Equal(t, "../../../../blog/a/b/index.html", output.Relative("/es/blog/a/b", "/blog/a/b"))
}

// urls are the addresses that a sitemap file lists.
func urls(t *testing.T, path ...string) []string {
	t.Helper()
	var set struct {
		XMLName xml.Name
		URLs    []string `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 url>loc"`
		Maps    []string `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemap>loc"`
	}
	require.NoError(t, xml.Unmarshal([]byte(read(t, path...)), &set))
	return append(set.URLs, set.Maps...)
}

// some lists n paths.
func some(n int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := range n {
			if !yield(fmt.Sprintf("/page/%d", i)) {
				return
			}
		}
	}
}

func TestSitemapParts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, c := range []struct {
		paths, maxURLs int
		want           []string
		last           int
	}{
		{101, 50, []string{"sitemap-1.xml", "sitemap-2.xml", "sitemap-3.xml", "sitemap.xml"}, 1},
		{100, 50, []string{"sitemap-1.xml", "sitemap-2.xml", "sitemap.xml"}, 50},
		{50, 50, []string{"sitemap.xml"}, 50},
		{50_001, 0, []string{"sitemap-1.xml", "sitemap-2.xml", "sitemap.xml"}, 1},
	} {
		// What an earlier run has written in other parts goes.
		written, err := output.WriteSitemap(dir, "https://example.com/a&b/", some(c.paths), c.maxURLs, 0)
		require.NoError(t, err)
		require.True(t, written)
		require.Equal(t, c.want, files(t, dir))
		parts := c.want[:len(c.want)-1]
		if len(parts) == 0 {
			require.Len(t, urls(t, dir, "sitemap.xml"), c.last)
			continue
		}
		var index []string
		for _, part := range parts {
			index = append(index, "https://example.com/a&b/"+part)
		}
		require.Equal(t, index, urls(t, dir, "sitemap.xml"))
		last := urls(t, dir, parts[len(parts)-1])
		require.Len(t, last, c.last)
		require.Equal(t, fmt.Sprintf("https://example.com/a&b/page/%d", c.paths-1), last[len(last)-1])
	}
	written, err := output.WriteSitemap(dir, "", some(3), 0, 0)
	require.NoError(t, err)
	require.False(t, written)
	require.Empty(t, files(t, dir), "without a site nothing is listed")
}

// TestSitemapSize begins another file before one is larger than allowed.
func TestSitemapSize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := output.WriteSitemap(dir, "https://example.com", some(200), 0, 5_000)
	require.NoError(t, err)
	var listed []string
	for _, name := range files(t, dir) {
		require.LessOrEqual(t, len(read(t, dir, name)), 5_000)
		if name != "sitemap.xml" {
			listed = append(listed, urls(t, dir, name)...)
		}
	}
	require.Len(t, listed, 200)
}

// TestSitemapFails has a folder of somebody in the place of each file.
func TestSitemapFails(t *testing.T) {
	t.Parallel()
	for _, blocked := range []string{".sitemap-1.xml.tmp", ".sitemap-2.xml.tmp", "sitemap-1.xml", "sitemap-2.xml", "sitemap.xml", ".sitemap.xml.tmp"} {
		dir := t.TempDir()
		put(t, filepath.Join(dir, blocked, "inner"), "mine")
		_, err := output.WriteSitemap(dir, "https://example.com", some(3), 2, 0)
		require.ErrorContains(t, err, filepath.Join(dir, blocked))
	}
}
