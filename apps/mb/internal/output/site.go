package output

import (
	"net/url"
	"strings"
)

// site is the website that the pages are for.
type site struct{ root url.URL }

// newSite reads the business's website; nil when there is none. What leads to a file, a query or a fragment is left out: a
// website given as https://example.com/home.html?x=1 has its pages below https://example.com.
func newSite(website string) *site {
	u, err := url.Parse(website)
	if website == "" || err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	path := strings.TrimRight(u.Path, "/")
	if slash := strings.LastIndexByte(path, '/'); strings.Contains(path[slash+1:], ".") {
		path = path[:max(slash, 0)]
	}
	return &site{root: url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(path, "/")}}
}

// url is the absolute address of a path of the site, "" without a site.
func (s *site) url(path string) string {
	if s == nil {
		return ""
	}
	u := s.root
	u.Path += path
	return u.String()
}
