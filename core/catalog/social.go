package catalog

import (
	"slices"
	"strings"
)

// SocialLink is a profile of the business elsewhere, one per platform.
type SocialLink struct {
	// Platform is one of Platforms.
	Platform string `json:"platform"`
	URL      string `json:"url"`
}

// Platforms lists where a social profile can be.
func Platforms() []string {
	return []string{"instagram", "facebook", "twitter", "linkedin", "youtube", "tiktok", "yelp", "google", "linktree"}
}

func (k *checker) socialLinks(links []SocialLink) []SocialLink {
	const path = "/social_links"
	seen := map[string]bool{}
	for i := range links {
		l, here := &links[i], at(path, i)
		l.Platform = trim(l.Platform)
		switch {
		case !slices.Contains(Platforms(), l.Platform):
			k.add(here+"/platform", "%s is no known platform; use one of %s", shown(l.Platform), strings.Join(Platforms(), ", ")).as(CodeNotAllowed)
		case seen[l.Platform]:
			k.add(here+"/platform", "%s is listed twice; keep one link per platform", written(l.Platform)).as(CodeDuplicate)
		}
		seen[l.Platform] = true
		if k.url(here+"/url", &l.URL); l.URL == "" {
			k.missing(here + "/url")
		}
	}
	return orNil(links)
}
