package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestBusinessRules(t *testing.T) {
	t.Parallel()
	set := func(write func(b *catalog.Business)) func(c *catalog.Catalog) {
		return func(c *catalog.Catalog) { write(&c.Business) }
	}
	testBreaches(t, []breach{
		{"IDMissing", set(func(b *catalog.Business) { b.ID = "" }), "/business/id", "missing"},
		{"IDWithBlank", set(func(b *catalog.Business) { b.ID = "a b" }), "/business/id", "no valid id"},
		{"IDBeginsWithDash", set(func(b *catalog.Business) { b.ID = "-a" }), "/business/id", "no valid id"},
		{"IDNotASCII", set(func(b *catalog.Business) { b.ID = "añb" }), "/business/id", "no valid id"},
		{"IDOf64", set(func(b *catalog.Business) { b.ID = repeat("a", 64) }), "", ""},
		{"IDOf65", set(func(b *catalog.Business) { b.ID = repeat("a", 65) }), "/business/id", "at most 64"},
		{"NameOf2", set(func(b *catalog.Business) { b.Name = "Aé" }), "", ""},
		{"NameOf1", set(func(b *catalog.Business) { b.Name = " é " }), "/business/name", "at least 2"},
		{"NameOf120", set(func(b *catalog.Business) { b.Name = repeat("é", 120) }), "", ""},
		{"NameOf121", set(func(b *catalog.Business) { b.Name = repeat("é", 121) }), "/business/name", "121 characters"},
		{"NameWithNUL", set(func(b *catalog.Business) { b.Name = "a\x00b" }), "/business/name", "U+0000"},
		{"NameWithC1", set(func(b *catalog.Business) { b.Name = "a\u0085b" }), "/business/name", "U+0085"},
		{"NameWithOverride", set(func(b *catalog.Business) { b.Name = "a\u202eb" }), "/business/name", "U+202E"},
		{"NameWithIsolate", set(func(b *catalog.Business) { b.Name = "a\u2066b" }), "/business/name", "U+2066"},
		{"NameWithReplacement", set(func(b *catalog.Business) { b.Name = "a\ufffdb" }), "/business/name", "U+FFFD"},
		{"NameNotUTF8", set(func(b *catalog.Business) { b.Name = "a\xffb" }), "/business/name", "UTF-8"},
		{"NameWithLineBreak", set(func(b *catalog.Business) { b.Name = "a\n\tb" }), "", ""},
		{"IndustryUnknown", set(func(b *catalog.Business) { b.IndustryType = "Plumbing" }), "/business/industry_type", "LocalBusiness"},
		{"IndustryInOtherCase", set(func(b *catalog.Business) { b.IndustryType = "plumber" }), "/business/industry_type", "write Plumber"},
		{"IndustryByLabel", set(func(b *catalog.Business) { b.IndustryType = "HVAC" }), "/business/industry_type", "write HVACBusiness"},
		{"IndustryWordsTooLong", set(func(b *catalog.Business) { b.Industry = repeat("a", 81) }), "/business/industry", "at most 80"},
		{"PhoneOf7Digits", set(func(b *catalog.Business) { b.Phone = "555.0142" }), "", ""},
		{"PhoneOf6Digits", set(func(b *catalog.Business) { b.Phone = "555-014 ." }), "/business/phone", "6 digits"},
		{"PhoneShort", set(func(b *catalog.Business) { b.Phone = "555014" }), "/business/phone", "at least 7"},
		{"PhoneWithLetters", set(func(b *catalog.Business) { b.Phone = "207-555-0142 x3" }), "/business/phone", "characters that a phone number has not"},
		{"PhoneTooLong", set(func(b *catalog.Business) { b.Phone = repeat("1", 51) }), "/business/phone", "at most 50"},
		{"EmailWithoutAt", set(func(b *catalog.Business) { b.Email = "harbor.example" }), "/business/email", "e-mail"},
		{"EmailTwoAt", set(func(b *catalog.Business) { b.Email = "a@b@c.example" }), "/business/email", "e-mail"},
		{"EmailNoDomainDot", set(func(b *catalog.Business) { b.Email = "a@localhost" }), "/business/email", "e-mail"},
		{"EmailEmptyLabel", set(func(b *catalog.Business) { b.Email = "a@b..example" }), "/business/email", "e-mail"},
		{"EmailDashLabel", set(func(b *catalog.Business) { b.Email = "a@-b.example" }), "/business/email", "e-mail"},
		{"EmailDotAtEnd", set(func(b *catalog.Business) { b.Email = "a.@b.example" }), "/business/email", "e-mail"},
		{"EmailBlank", set(func(b *catalog.Business) { b.Email = "a b@c.example" }), "/business/email", "e-mail"},
		{"EmailTooLong", set(func(b *catalog.Business) { b.Email = "a@" + repeat("b", 250) + ".example" }), "/business/email", "at most 254"},
		{"URLRelative", set(func(b *catalog.Business) { b.Website = "harbor.example" }), "/business/website", "https://example.com/page"},
		{"URLScheme", set(func(b *catalog.Business) { b.Website = "ftp://harbor.example" }), "/business/website", "scheme ftp"},
		{"URLScript", set(func(b *catalog.Business) { b.GBPURL = "javascript:alert(1)" }), "/business/gbp_url", "web address"},
		{"URLUser", set(func(b *catalog.Business) { b.Website = "https://me:pw@harbor.example" }), "/business/website", "password"},
		{"URLBlank", set(func(b *catalog.Business) { b.Website = "https://harbor.example/a b" }), "/business/website", "web address"},
		{"URLNoHost", set(func(b *catalog.Business) { b.Website = "https://:80/" }), "/business/website", "web address"},
		{"URLBroken", set(func(b *catalog.Business) { b.Website = "https://%zz/" }), "/business/website", "web address"},
		{"URLPort65535", set(func(b *catalog.Business) { b.Website = "https://harbor.example:65535/" }), "", ""},
		{"URLPort65536", set(func(b *catalog.Business) { b.Website = "https://harbor.example:65536/" }), "/business/website", "web address"},
		{"URLPort0", set(func(b *catalog.Business) { b.GBPURL = "https://harbor.example:0/" }), "/business/gbp_url", "web address"},
		{"URLPortLong", set(func(b *catalog.Business) { b.Website = "https://harbor.example:99999999999999999999/" }), "/business/website", "web address"},
		{"URLHostDot", set(func(b *catalog.Business) { b.Website = "https://./" }), "/business/website", "web address"},
		{"URLHostEmptyLabel", set(func(b *catalog.Business) { b.Website = "https://harbor..example/" }), "/business/website", "web address"},
		{"URLHostDotFirst", set(func(b *catalog.Business) { b.Website = "https://.example/" }), "/business/website", "web address"},
		{"URLHostDotLast", set(func(b *catalog.Business) { b.Website = "https://harbor.example./" }), "/business/website", "web address"},
		{"URLHostAddress", set(func(b *catalog.Business) { b.Website = "https://[2001:db8::1]:8443/" }), "", ""},
		{"URLOf2048", set(func(b *catalog.Business) { b.Website = "https://a.example/" + repeat("a", 2030) }), "", ""},
		{"URLOf2049", set(func(b *catalog.Business) { b.Website = "https://a.example/" + repeat("a", 2031) }), "/business/website", "at most 2048"},
		{"URLBytes", set(func(b *catalog.Business) { b.Website = "https://a.example/" + repeat("é", 1500) }), "/business/website", "bytes"},
		{"CountryUnknown", set(func(b *catalog.Business) { b.Country = "XX"; b.PrimaryState = "" }), "/business/country", "ISO 3166"},
		{"CityWithDigit", set(func(b *catalog.Business) { b.PrimaryCity = "Town 5" }), "/business/primary_city", `"5"`},
		{"CityOfAnyScript", set(func(b *catalog.Business) { b.PrimaryCity = "San José d'Or St. A-B नई" }), "", ""},
		{"StateUnknown", set(func(b *catalog.Business) { b.PrimaryState = "maine" }), "/business/primary_state", "write ME"},
		{"StateNowhere", set(func(b *catalog.Business) { b.PrimaryState = "Mainland" }), "/business/primary_state", "two-letter"},
		{"LanguageUnknown", set(func(b *catalog.Business) { b.EnabledLanguages = []catalog.Language{"en", "fr"} }), "/business/enabled_languages/1", "en or es"},
		{"LanguageTwice", set(func(b *catalog.Business) { b.EnabledLanguages = []catalog.Language{"en", "en"} }), "/business/enabled_languages/1", "twice"},
		{"LanguageWithoutEnglish", set(func(b *catalog.Business) { b.EnabledLanguages = []catalog.Language{"es"} }), "/business/enabled_languages", "always enabled"},
	})
}

func TestTextsAsTheyAreKept(t *testing.T) {
	t.Parallel()
	require.Equal(t, "a  b\nc", catalog.Trim("\ufeff a  b\nc\u00a0\n"))
	require.Equal(t, "a b c", catalog.Line("\ufeff a  b\nc\u00a0\n"))
	for sent, kept := range map[string]string{"": "", " us ": "US", "usa": "US", "UK": "GB", "de": "DE", "Utopia": "UTOPIA"} {
		require.Equal(t, kept, catalog.CountryCode(sent))
	}
}

func TestCountriesAndStates(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ country, state, wantCountry, wantState, problem string }{
		{"", "ma", "US", "MA", ""},
		{"UK", "Kent", "GB", "Kent", ""},
		{"ca", "qc", "CA", "QC", ""},
		{"CA", "Ontario", "CA", "Ontario", "ON"},
		{"US", "PR", "US", "PR", ""},
		{"US", "A ", "US", "A", "MA"},
		{"DE", "Bayern", "DE", "Bayern", ""},
	} {
		c := catalog.Catalog{Business: catalog.Business{
			ID: "b", Name: "Bn", IndustryType: "Plumber", Country: tc.country, PrimaryState: tc.state,
		}}
		n, problems := c.Normalise()
		require.Equal(t, tc.wantCountry, n.Business.Country)
		require.Equal(t, tc.wantState, n.Business.PrimaryState)
		if tc.problem == "" {
			require.Empty(t, problems)
			continue
		}
		require.Len(t, problems, 1)
		require.Contains(t, problems[0].Message, tc.problem)
	}
}

func TestIndustries(t *testing.T) {
	t.Parallel()
	require.Len(t, catalog.Industries(), 38)
	types, categories := map[string]bool{}, map[catalog.Category]int{}
	for _, i := range catalog.Industries() {
		types[i.Type] = true
		categories[i.Category]++
		plural, singular := i.Offerings()
		require.Equal(t, plural, singular+"s")
	}
	require.Len(t, types, 38)
	require.Equal(t, map[catalog.Category]int{
		catalog.FoodAndBeverage: 5, catalog.ProfessionalServices: 5, catalog.HealthAndMedical: 5, catalog.HomeServices: 8,
		catalog.Automotive: 3, catalog.BeautyAndWellness: 4, catalog.Retail: 4, catalog.OtherIndustries: 4,
	}, categories)

	for value, want := range map[string]string{"Bakery": "Menu Items", "Attorney": "Practice Areas", "AccountingService": "Services"} {
		i, ok := catalog.IndustryByType(value)
		require.True(t, ok)
		plural, _ := i.Offerings()
		require.Equal(t, want, plural)
	}
	_, ok := catalog.IndustryByType("Nothing")
	require.False(t, ok)
}
