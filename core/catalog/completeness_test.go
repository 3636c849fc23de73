package catalog_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func TestCompleteness(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		document string
		want     int
	}{
		"OtherwiseEmpty":  {`{}`, 5},
		"PhoneAndWebsite": {`{"business":{"phone":"207-555-0142","website":"https://a.example"}}`, 15},
		"CityStateAndAddress": {`{"locations":[{"name":"n","city":"Portland","state":"ME","is_primary":true,
			"street_address":"1 Wharf St","postal_code":"04101"}]}`, 20},
		"ThreeServices":        {`{"services":[{"name":"a"},{"name":"b"},{"name":"c"}]}`, 17},
		"OneService":           {`{"services":[{"name":"a"}]}`, 13},
		"CityAloneRoundsUp":    {`{"business":{"primary_city":"Portland"}}`, 8},
		"AddressNotPrimary":    {`{"locations":[{"name":"n","city":"Portland","state":"ME","street_address":"1 Wharf St","postal_code":"04101"}]}`, 5},
		"AddressWithoutPostal": {`{"locations":[{"name":"n","city":"Portland","state":"ME","is_primary":true,"street_address":"1 Wharf St"}]}`, 10},
		"OneLink":              {`{"social_links":[{"platform":"yelp","url":"https://a.example"}]}`, 7},
		"TwoLinks":             {`{"social_links":[{"platform":"yelp","url":"https://a.example"},{"platform":"google","url":"https://a.example"}]}`, 9},
		"FourLinks": {`{"social_links":[{"platform":"yelp","url":"https://a.example"},{"platform":"google","url":"https://a.example"},
			{"platform":"tiktok","url":"https://a.example"},{"platform":"twitter","url":"https://a.example"}]}`, 10},
		"Questionnaire": {`{"questionnaire":{"identity":{"tagline":"t","year_established":1990,"owner_name":"o"},
			"audience":{"target_description":"t","languages":["English"]},"brand":{"call_to_action":"c","forbidden_terms":["x"]}}}`, 38},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := decode(t, tc.document)
			c.Business.ID, c.Business.Name, c.Business.IndustryType = "b", "Bn", "Plumber"
			c, problems := c.Normalise()
			require.Empty(t, problems)
			require.Equal(t, tc.want, catalog.Completeness(c).Score)
		})
	}
}

func TestCompletenessOfAFullProfile(t *testing.T) {
	t.Parallel()
	c := normal(t, full)
	c.SocialLinks = nil
	score := catalog.Completeness(c)
	require.Equal(t, 95, score.Score)
	var missing []string
	for _, item := range score.Missing() {
		missing = append(missing, item.Key)
	}
	require.Equal(t, []string{"social_links_1", "social_links_2", "social_links_3"}, missing)

	total := 0
	for _, item := range score.Items {
		total += item.Points
	}
	require.Equal(t, 200, total)
	require.Equal(t, 40, catalog.Gate)

	c.Business.Name = " "
	require.Zero(t, catalog.Completeness(c).Score)
}

func TestCompletenessOfClosedBusiness(t *testing.T) {
	t.Parallel()
	c := normal(t, full)
	before := catalog.Completeness(c).Score
	for i := range c.Hours {
		c.Hours[i] = catalog.DayHours{DayOfWeek: c.Hours[i].DayOfWeek, IsClosed: true}
	}
	require.Equal(t, before-10, catalog.Completeness(c).Score)
}
