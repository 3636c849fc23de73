package claudebench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// business is what a catalog is made from; it is a plumber's unless it says otherwise.
type business struct {
	industry string
	pageType catalog.PageType
	// rows is how many keywords or services it has, twins how many of them are in Spanish too, columns how many areas or
	// stores.
	rows, twins, columns int
	// profile is how many facts of some 70 tokens it tells of its trade.
	profile int
	// words is how long its pages are to be; 0 leaves that to the page type. With own its template is its own as well.
	words int
	own   bool
}

// harbor is the sample plumber: 50 keywords in 26 towns, and a profile of about 2,000 tokens.
func harbor() business {
	return business{industry: "Plumber", pageType: catalog.KeywordServiceArea, rows: 50, columns: 26, profile: 28}
}

// pages is the input of a job that makes all of its pages.
func (b business) pages(t *testing.T) []byte {
	t.Helper()
	input, err := pages.Build(b.catalog(), pages.Options{PageType: string(b.pageType), Year: 2026})
	require.NoError(t, err)
	return input
}

func (b business) catalog() catalog.Catalog {
	year := 1998
	known, _ := catalog.IndustryByType(b.industry)
	trade := strings.ToLower(strings.ReplaceAll(known.Label, " / ", " and "))
	c := catalog.Catalog{
		Business: catalog.Business{
			ID: "harbor", Name: "Harbor " + known.Label, IndustryType: b.industry, Phone: "(401) 555-0142", Email: "office@harbor.example",
			Website: "https://harbor.example", GBPURL: "https://maps.example/harbor", PrimaryCity: "Warwick", PrimaryState: "RI",
			EnabledLanguages: []catalog.Language{catalog.English, catalog.Spanish},
		},
		Questionnaire: catalog.Questionnaire{
			Identity: catalog.Identity{Tagline: "Steady hands for old and new", YearEstablished: &year, OwnerName: "Teresa Almeida"},
			Audience: catalog.Audience{TargetDescription: "People and small businesses around Narragansett Bay", Languages: []string{"English", "Spanish"}},
			Brand: catalog.Brand{
				VoiceTone: "friendly", CallToAction: "Call Harbor at (401) 555-0142", ForbiddenTerms: []string{"cheapest", "unbeatable"},
				Differentiators: []string{"The price is agreed before the work begins", "The same person from the first visit to the last"},
			},
			ServiceType: catalog.ServiceMobile, IndustryData: map[string]string{},
		},
	}
	for i := range b.profile {
		c.Questionnaire.IndustryData[fmt.Sprintf("fact_%02d", i)] = fmt.Sprintf(
			"Harbor keeps %d people, vans and tools ready for %s around the bay, and everyone who calls is told at once who comes, when, and with what.", i+2, trade)
	}
	for i := range b.rows {
		b.addRow(&c, trade, i)
	}
	for i := range b.columns {
		b.addColumn(&c, i)
	}
	if b.own || b.words > 0 {
		b.addTemplates(&c)
	}
	return c
}

func (b business) addRow(c *catalog.Catalog, trade string, i int) {
	name, es := trade+" "+letters(i), ""
	if i < b.twins {
		es = "servicio de " + letters(i)
	}
	if b.pageType.Services() {
		c.Services = append(c.Services, catalog.Service{Name: name, NameES: es})
		return
	}
	c.Keywords = append(c.Keywords, catalog.Keyword{Keyword: name, KeywordES: es, SearchIntent: "transactional"})
}

func (b business) addColumn(c *catalog.Catalog, i int) {
	city := "Town " + letters(i)
	if b.pageType.Locations() {
		c.Locations = append(c.Locations, catalog.Location{
			Name: "Shop " + letters(i), City: city, State: "RI", StreetAddress: fmt.Sprintf("%d Quayside Lane", i+1), PostalCode: "02886", IsPrimary: i == 0,
		})
		return
	}
	c.ServiceAreas = append(c.ServiceAreas, catalog.ServiceArea{City: city, State: "RI", County: "Kent County"})
}

// ownTemplate is a template as a business writes one: what differs from page to page stands in its midst.
const ownTemplate = `Write a page for {{business_name}} about {{primary_keyword}} in {{city}}, {{state}}.

Begin with what somebody needs to know who has never called. Say what the work is, how long it takes and what is agreed before it begins.

Then tell of the people who come, in the voice that the facts name. Write about {{word_count}} words in all, and name {{phone}} once.`

func (b business) addTemplates(c *catalog.Catalog) {
	for _, language := range catalog.Languages() {
		text := ownTemplate
		if !b.own {
			text = pages.Builtin(b.pageType, language).Text
		}
		t := catalog.PromptTemplate{PageType: b.pageType, Language: language, Template: text, IsActive: true}
		if b.words > 0 {
			t.WordCountTarget = &b.words
		}
		c.PromptTemplates = append(c.PromptTemplates, t)
	}
}

// letters numbers things without digits.
func letters(i int) string {
	return string([]rune{'A' + rune(i/26/26%26), 'a' + rune(i/26%26), 'a' + rune(i%26)})
}
