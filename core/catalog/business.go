package catalog

import (
	"slices"
	"strings"
)

// Business is the client. Its ID is the tenant that jobs and money belong to.
type Business struct {
	// ID is required and chosen once: a letter or digit, then letters, digits, "_" or "-", at most 64.
	ID string `json:"id"`
	// Name is 2 to 120 characters.
	Name string `json:"name"`
	// IndustryType is one of Industries; Industry is its label or the business's own words, 1 to 80 characters.
	IndustryType string `json:"industry_type"`
	Industry     string `json:"industry,omitempty"`
	// Phone is 7 to 50 of digits, "+", "-", "(", ")", space and ".", with at least 7 digits.
	Phone   string `json:"phone,omitempty"`
	Email   string `json:"email,omitempty"`
	Website string `json:"website,omitempty"`
	// GBPURL is the Google Business Profile.
	GBPURL string `json:"gbp_url,omitempty"`
	// Country is an ISO 3166-1 alpha-2 code, US unless said.
	Country      string `json:"country,omitempty"`
	PrimaryCity  string `json:"primary_city,omitempty"`
	PrimaryState string `json:"primary_state,omitempty"`
	// EnabledLanguages always has English, which is the default; Spanish may be added.
	EnabledLanguages []Language `json:"enabled_languages,omitempty"`
}

// Speaks reports whether pages in the language are enabled.
func (b Business) Speaks(language Language) bool {
	return slices.Contains(b.EnabledLanguages, language)
}

func (k *checker) business(b *Business) {
	const path = "/business"
	k.requiredID(path+"/id", b.ID)
	k.line(path+"/name", &b.Name, required, 2, 120)
	k.industry(path, b)
	k.phone(path+"/phone", &b.Phone)
	k.email(path+"/email", &b.Email)
	k.url(path+"/website", &b.Website)
	k.url(path+"/gbp_url", &b.GBPURL)
	k.country(path+"/country", &b.Country, defaultCountry)
	k.city(path+"/primary_city", &b.PrimaryCity, optional)
	k.state(path+"/primary_state", &b.PrimaryState, optional, b.Country)
	k.enabledLanguages(path+"/enabled_languages", b)
}

func (k *checker) industry(path string, b *Business) {
	k.line(path+"/industry", &b.Industry, optional, 1, 80)
	if !k.line(path+"/industry_type", &b.IndustryType, required, 1, 80) {
		return
	}
	known, ok := IndustryByType(b.IndustryType)
	if !ok {
		k.add(path+"/industry_type", "%s is no known industry type%s; LocalBusiness with your own words in industry fits any business",
			shown(b.IndustryType), suggestion(b.IndustryType)).as(CodeNotAllowed)
		return
	}
	if b.Industry == "" {
		b.Industry = known.Label
	}
}

// suggestion names the industry type whose value or label is meant when only case or spaces differ.
func suggestion(wanted string) string {
	for _, i := range Industries() {
		if strings.EqualFold(i.Type, wanted) || strings.EqualFold(i.Label, wanted) {
			return ", write " + i.Type
		}
	}
	return ""
}

func (k *checker) enabledLanguages(path string, b *Business) {
	if len(b.EnabledLanguages) == 0 {
		b.EnabledLanguages = []Language{English}
		return
	}
	seen := map[Language]bool{}
	for i, language := range b.EnabledLanguages {
		switch {
		case language != English && language != Spanish:
			k.add(at(path, i), "%s is no language that pages are written in; use en or es", shown(string(language))).as(CodeNotAllowed)
		case seen[language]:
			k.add(at(path, i), "%s is in the list twice; remove one", written(language)).as(CodeDuplicate)
		}
		seen[language] = true
	}
	if !seen[English] {
		k.add(path, "en is missing; English is always enabled, add it to the list")
	}
	slices.Sort(b.EnabledLanguages)
}
