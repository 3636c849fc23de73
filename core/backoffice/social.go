package backoffice

import (
	"cmp"
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// SocialLinkRow is a profile of a business elsewhere, known by its platform.
type SocialLinkRow = Row[catalog.SocialLink]

func socialShelf() shelf[catalog.SocialLink] {
	return shelf[catalog.SocialLink]{
		document: docSocial, path: "/social_links", what: "social link", kind: "social_link", needs: scoreDocuments(), scored: true,
		id:    func(l *catalog.SocialLink) *string { return &l.Platform },
		of:    func(c *catalog.Catalog) *[]catalog.SocialLink { return &c.SocialLinks },
		filed: func(f *folder) rows[catalog.SocialLink] { return f.social },
		after: func(f *folder, _, is rows[catalog.SocialLink]) { f.social = is },
	}
}

// SocialLinks lists them all, in the order of catalog.Platforms. It is fault.NotFound when there is no such business.
func (o *Office) SocialLinks(ctx context.Context, business string) ([]SocialLinkRow, error) {
	list, err := socialShelf().read(ctx, o, business)
	slices.SortFunc(list, func(a, b SocialLinkRow) int {
		return cmp.Compare(slices.Index(catalog.Platforms(), a.Value.Platform), slices.Index(catalog.Platforms(), b.Value.Platform))
	})
	return list, err
}

// PutSocialLink adds or replaces the link of a platform. Errors: NotFound, catalog.Problems (/platform, /url).
func (o *Office) PutSocialLink(ctx context.Context, by Caller, business, platform, url string) (SocialLinkRow, error) {
	s := socialShelf()
	list, err := s.change(ctx, o, by, "social.put", business, platform, func(d *desk[catalog.SocialLink]) error {
		link := catalog.SocialLink{Platform: platform, URL: url}
		if d.find(d.is, platform) < 0 {
			d.add(link)
			return nil
		}
		l, err := d.row(platform, Any)
		if err == nil {
			*l = link
		}
		return err
	})
	if err != nil {
		return SocialLinkRow{}, err
	}
	return list[s.find(list, platform)], nil
}

// DeleteSocialLink removes the link of a platform. Errors: NotFound.
func (o *Office) DeleteSocialLink(ctx context.Context, by Caller, business, platform string) error {
	_, err := socialShelf().change(ctx, o, by, "social.delete", business, platform, func(d *desk[catalog.SocialLink]) error {
		_, err := d.row(platform, Any)
		d.remove(platform)
		return err
	})
	return err
}
