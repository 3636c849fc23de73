package output

import "cmp"

// FolderOf, Tel and Relative are tested with what no plan would give them.
var (
	FolderOf = folderOf
	Relative = relative
)

// Tel is the link of a phone number in a country.
func Tel(phone, country string) string {
	v := view{country: country}
	v.facts.Phone = phone
	return v.tel()
}

// SiteURL is the address of a path on a website.
func SiteURL(website, path string) string { return newSite(website).url(path) }

// WriteSitemap writes the sitemap of a website with the paths. A limit of 0 is the protocol's.
func WriteSitemap(dir, website string, paths func(yield func(string) bool), maxURLs, maxBytes int) (bool, error) {
	f, err := openFolder(dir)
	if err != nil {
		return false, err
	}
	defer f.close()
	s := newSitemap(f, newSite(website))
	defer s.abandon()
	s.maxURLs, s.maxBytes = cmp.Or(maxURLs, s.maxURLs), cmp.Or(maxBytes, s.maxBytes)
	for path := range paths {
		if err := s.add(path); err != nil {
			return false, err
		}
	}
	return s.finish()
}
