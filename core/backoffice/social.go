package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// SocialLinkRow is a profile of a business elsewhere, known by its platform.
type SocialLinkRow = Row[catalog.SocialLink]

// SocialLinks lists them all, in the order of catalog.Platforms. It is fault.NotFound when there is no such business.
func (o *Office) SocialLinks(ctx context.Context, business string) ([]SocialLinkRow, error) {
	return nil, errNotYet()
}

// PutSocialLink adds or replaces the link of a platform. Errors: NotFound, catalog.Problems (/platform, /url).
func (o *Office) PutSocialLink(ctx context.Context, by Caller, business, platform, url string) (SocialLinkRow, error) {
	return SocialLinkRow{}, errNotYet()
}

// DeleteSocialLink removes the link of a platform. Errors: NotFound.
func (o *Office) DeleteSocialLink(ctx context.Context, by Caller, business, platform string) error {
	return errNotYet()
}
