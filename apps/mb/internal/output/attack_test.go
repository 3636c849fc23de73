package output_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/output"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// attacks are texts that would do harm where they are not escaped for their place.
var attacks = []string{
	`</script><script>alert(1)</script>`,
	`<img src=x onerror=alert(1)>`,
	`"><svg onload=alert(1)>`,
	`' onmouseover='alert(1)`,
	`--><script>alert(1)</script><!--`,
	`</title><script>alert(1)</script>`,
	`</style><script>alert(1)</script>`,
	`]]><script>alert(1)</script>`,
	`{{.Facts}} ${alert(1)} <%= 1 %>`,
	`javascript:alert(1)`,
	"\u2028alert(1)\u2029",
	"\ufeff\u202e reversed \u0000 nul",
	`&lt;script&gt; &#x3c;script&#x3e; &amp;`,
	`\u003cscript\u003e "quoted" \`,
	`<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>`,
}

// markup is what is found in a page: its elements and their attributes, the texts by element, the data blocks.
type markup struct {
	elements map[string]int
	data     []map[string]any
	texts    map[string][]string
	links    []string
}

// parse reads a page as XML does, which forgives nothing but what HTML allows.
func parse(t *testing.T, page string) markup {
	t.Helper()
	m := markup{elements: map[string]int{}, texts: map[string][]string{}}
	decoder := xml.NewDecoder(strings.NewReader(page))
	decoder.Strict, decoder.AutoClose, decoder.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var open []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return m
		}
		require.NoError(t, err)
		switch token := token.(type) {
		case xml.StartElement:
			name := token.Name.Local
			m.elements[name]++
			open = append(open, name)
			for _, attribute := range token.Attr {
				require.False(t, strings.HasPrefix(strings.ToLower(attribute.Name.Local), "on"), "%s has %s", name, attribute.Name.Local)
				require.NotEqual(t, "style", attribute.Name.Local)
				require.NotEqual(t, "src", attribute.Name.Local, "nothing is loaded from outside")
				if attribute.Name.Local == "href" {
					m.links = append(m.links, attribute.Value)
				}
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) == 0 {
				continue
			}
			name := open[len(open)-1]
			if name == "script" {
				var data map[string]any
				require.NoError(t, json.Unmarshal(token, &data), "%s", token)
				m.data = append(m.data, data)
			}
			m.texts[name] = append(m.texts[name], string(token))
		case xml.Comment:
			t.Fatalf("a comment: %s", token)
		}
	}
}

// allowed are the elements of a page.
var allowed = strings.Fields("html head meta title link style script body a header div span main nav ol li article h1 h2 p section aside footer address strong")

func TestAttackingContentStaysText(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks {
		dir, plan := t.TempDir(), few(t, nil)
		content := pages.Content{
			Title: attack, MetaDescription: attack, H1: attack, Body: attack + "\n\n" + attack + " (401) 555-0142 " + attack, CTA: attack,
			Sections: []pages.Section{{Heading: attack, Content: attack}},
		}
		if strings.Contains(attack, "\x00") {
			// Such an answer is refused before it is stored; what is stored all the same is no page.
			_, err := output.Write(context.Background(), completed(plan.Size(), func(int) pages.Content { return content }), jobID, plan, dir, both)
			require.ErrorIs(t, err, fault.Corrupt)
			continue
		}
		write(t, completed(plan.Size(), func(int) pages.Content { return content }), plan, dir)
		folder := filepath.Join(dir, "emergency-plumber", "warwick-ri")
		m := parse(t, read(t, folder, "index.html"))
		for name := range m.elements {
			require.Contains(t, allowed, name, attack)
		}
		require.Equal(t, 2, m.elements["script"], attack)
		require.Equal(t, 1, m.elements["style"], attack)
		require.Equal(t, []string{attack}, m.texts["title"])
		require.Equal(t, []string{attack}, m.texts["h1"])
		require.Equal(t, []string{attack}, m.texts["h2"])
		require.Contains(t, m.texts["p"], attack)
		for _, link := range m.links {
			require.Regexp(t, `^(https://www\.harborplumbing\.example/|mailto:office@|tel:\+14015550142$|#content$|\.\./\.\./es/)`, link)
		}
		var page struct {
			Content pages.Content `json:"content"`
		}
		require.NoError(t, json.Unmarshal([]byte(read(t, folder, "page.json")), &page))
		require.Equal(t, content, page.Content)
	}
}

func TestAttackingBusinessStaysText(t *testing.T) {
	t.Parallel()
	for _, attack := range attacks {
		if strings.ContainsAny(attack, "\x00") {
			continue // no catalog has it
		}
		dir := t.TempDir()
		plan := few(t, func(c *catalog.Catalog) {
			c.Business.Name = attack
			c.Business.Website = "https://example.com/'\"><script>alert(1)</script>"
			c.Business.Email = "a'onload=alert@example.com"
			c.Locations[0].StreetAddress, c.Locations[0].PostalCode = attack, "<b>"
			c.ServiceAreas[0].County = attack
		})
		write(t, completed(plan.Size(), plain), plan, dir)
		page := read(t, dir, "emergency-plumber/warwick-ri/index.html")
		m := parse(t, page)
		for name := range m.elements {
			require.Contains(t, allowed, name, attack)
		}
		require.Len(t, m.data, 2)
		clean := strings.Trim(attack, "\ufeff\u2028\u2029")
		require.Equal(t, clean, m.data[0]["name"])
		require.Equal(t, "Plumber", m.data[0]["@type"])
		require.Equal(t, clean, m.data[0]["address"].(map[string]any)["streetAddress"])
		require.Equal(t, "BreadcrumbList", m.data[1]["@type"])
		require.Contains(t, m.texts["strong"], clean)
		require.NotContains(t, page, "<script>alert")
		for _, raw := range []string{"\u2028", "\u2029"} {
			for _, block := range m.texts["script"] {
				require.NotContains(t, block, raw)
			}
		}
		sitemap := read(t, dir, "sitemap.xml")
		require.NotContains(t, sitemap, "<script")
		require.NoError(t, xml.Unmarshal([]byte(sitemap), new(struct{})))
	}
}

// TestPolicy: the hash must be that of the style as it stands in the page, or no browser would use it.
func TestPolicy(t *testing.T) {
	t.Parallel()
	dir, plan := t.TempDir(), few(t, nil)
	write(t, completed(plan.Size(), plain), plan, dir, output.HTML)
	page := read(t, dir, "emergency-plumber/warwick-ri/index.html")
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	require.Contains(t, page, `content="default-src 'none'; style-src 'sha256-`+hash64(style)+`'; base-uri 'none'; form-action 'none'"`)
	require.NotContains(t, style, "url(")
	require.NotContains(t, style, "@import")
	require.Less(t, strings.Index(page, "Content-Security-Policy"), strings.Index(page, "<title>"), "the policy comes before any text")
}

func TestFolderOf(t *testing.T) {
	t.Parallel()
	folder, err := output.FolderOf("/es/blog/drain-cleaning/warwick-ri")
	require.NoError(t, err)
	require.Equal(t, "es/blog/drain-cleaning/warwick-ri", folder)
	for _, path := range []string{
		"", "/", "a", "a/b", "//a", "/a//b", "/a/", "/..", "/../a", "/a/../../b", "/a/./b", "/.a/b", "/a\\b", "/a/b\x00", "/C:/a", "/a/b.json",
		"/%2e%2e/a", "/a b/c", "/A/b", "/ñ/b", "/a/-b", "/a_b/c", "/con:/x", "/\u202ea/b", "/~/b", "/a/b\n",
	} {
		_, err := output.FolderOf(path)
		require.ErrorIs(t, err, fault.Invalid, "%q", path)
		require.NotContains(t, err.Error(), "\n")
	}
}

// TestLinksLeadNowhereElse puts symbolic links where pages are to be.
func TestLinksLeadNowhereElse(t *testing.T) {
	t.Parallel()
	plan := few(t, nil)
	e := completed(plan.Size(), plain)
	for name, c := range map[string]struct{ link, target string }{
		"Folder":       {"boiler-repair", "secret"},
		"InnerFolder":  {"boiler-repair/cranston-ri", "secret"},
		"Page":         {"boiler-repair/cranston-ri/page.json", "secret/page.json"},
		"HTML":         {"boiler-repair/cranston-ri/index.html", "secret/page.json"},
		"Manifest":     {"manifest.jsonl", "secret/page.json"},
		"Sitemap":      {"sitemap.xml", "secret/page.json"},
		"UpAndOut":     {"boiler-repair", "../../secret"},
		"TemporaryToo": {"boiler-repair/cranston-ri/.page.json.tmp", "secret/page.json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outside, dir := t.TempDir(), t.TempDir()
			put(t, filepath.Join(outside, "secret", "page.json"), "mine")
			require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, c.link)), 0o755))
			target := c.target
			if !strings.HasPrefix(target, "..") {
				target = filepath.Join(outside, target)
			}
			require.NoError(t, os.Symlink(target, filepath.Join(dir, c.link)))
			_, err := output.Write(context.Background(), e, jobID, plan, dir, both)
			if name == "TemporaryToo" {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, fault.Invalid)
				require.ErrorContains(t, err, filepath.Join(dir, c.link))
			}
			require.Equal(t, []string{"secret/page.json"}, files(t, outside))
			require.Equal(t, "mine", read(t, outside, "secret", "page.json"))
		})
	}
}

// TestNothingOfOthersIsOverwritten puts a file of somebody else in the place of each of ours.
func TestNothingOfOthersIsOverwritten(t *testing.T) {
	t.Parallel()
	plan := few(t, nil)
	e := completed(plan.Size(), plain)
	reference := t.TempDir()
	write(t, e, plan, reference)
	for _, name := range files(t, reference) {
		for _, text := range []string{"", "mine", "{}", `{"page_id": "x"}`, "<html><body>mine</body></html>"} {
			dir := t.TempDir()
			put(t, filepath.Join(dir, name), text)
			require.ErrorIs(t, output.Check(dir, plan), fault.Invalid, name)
			_, err := output.Write(context.Background(), e, jobID, plan, dir, both)
			require.ErrorIs(t, err, fault.Invalid, name)
			require.ErrorContains(t, err, filepath.Join(dir, name)+" is there already and was not written by mb")
			require.Equal(t, text, read(t, dir, name))
		}
	}
	// Without a website there is no sitemap to be in the way of.
	withoutSite, own := few(t, func(c *catalog.Catalog) { c.Business.Website = "" }), t.TempDir()
	put(t, filepath.Join(own, "sitemap.xml"), "mine")
	require.NoError(t, output.Check(own, withoutSite))
	require.Equal(t, output.Summary{Pages: withoutSite.Size()}, write(t, e, withoutSite, own))
	require.Equal(t, "mine", read(t, own, "sitemap.xml"))
	// A file of others in the place of a page that has failed stays as well.
	dir := t.TempDir()
	put(t, filepath.Join(dir, plan.Page(0).URLPath, "index.html"), "mine")
	failed := completed(plan.Size(), plain)
	for i := range failed.tasks {
		failed.tasks[i].State = 4
	}
	require.Equal(t, output.Summary{}, write(t, failed, plan, dir))
	require.True(t, slices.Contains(files(t, dir), "boiler-repair/cranston-ri/index.html"))
}
