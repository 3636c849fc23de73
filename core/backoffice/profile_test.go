package backoffice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func week() []catalog.DayHours {
	days := []catalog.DayHours{{DayOfWeek: "Sunday", IsClosed: true}}
	for _, d := range catalog.Weekdays()[:6] {
		days = append(days, catalog.DayHours{DayOfWeek: d, Opens: "09:00", Closes: "17:00"})
	}
	return days
}

func TestQuestionnaire(t *testing.T) {
	t.Parallel()
	s := open(t)
	year := 1998
	data := catalog.Questionnaire{
		Identity: catalog.Identity{Tagline: " Dry   floors ", YearEstablished: &year}, Brand: catalog.Brand{ForbiddenTerms: []string{"cheap"}},
		IndustryData: map[string]string{"license": "ME-1"},
	}
	q, err := s.PutQuestionnaire(s.ctx, boss(), s.id, 1, data)
	require.NoError(t, err)
	require.Equal(t, "Dry floors", q.Data.Identity.Tagline)
	require.EqualValues(t, 2, q.Revision)
	read, err := s.Questionnaire(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, q, read)
	require.Equal(t, 16, s.now(t).Score)
	require.Equal(t, "questionnaire.update", s.trail(t)[0].Action)

	again, err := s.PutQuestionnaire(s.ctx, boss(), s.id, 2, read.Data)
	require.NoError(t, err)
	require.Equal(t, read.Data, again.Data)

	var stale *backoffice.Stale
	_, err = s.PutQuestionnaire(s.ctx, boss(), s.id, 2, data)
	require.ErrorAs(t, err, &stale)
	_, err = s.PutQuestionnaire(s.ctx, boss(), "nobody", 1, data)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.Questionnaire(s.ctx, "nobody")
	require.ErrorIs(t, err, fault.NotFound)

	for name, tc := range map[string]struct {
		year int
		want string
	}{"Future": {2027, "/identity/year_established out_of_range"}, "Past": {1700, "/identity/year_established out_of_range"}, "Far": {10000, "/identity/year_established out_of_range"}} {
		data.Identity.YearEstablished = &tc.year
		_, err = s.PutQuestionnaire(s.ctx, boss(), s.id, backoffice.Any, data)
		require.Error(t, err, name)
		told(t, err, tc.want)
	}
	year = 2026
	data.Identity.YearEstablished = &year
	_, err = s.PutQuestionnaire(s.ctx, boss(), s.id, backoffice.Any, data)
	require.NoError(t, err)
}

func TestHours(t *testing.T) {
	t.Parallel()
	s := open(t)
	h, err := s.PutHours(s.ctx, boss(), s.id, 1, week())
	require.NoError(t, err)
	require.Equal(t, "Monday", h.Days[0].DayOfWeek)
	require.EqualValues(t, 2, h.Revision)
	read, err := s.Hours(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, h, read)
	require.Equal(t, 15, s.now(t).Score)
	require.Equal(t, "hours.update", s.trail(t)[0].Action)

	_, err = s.PutHours(s.ctx, boss(), s.id, 2, nil)
	told(t, err, " required")
	bad := week()
	bad[1].Opens, bad[2].Closes = "9am", "09:00"
	_, err = s.PutHours(s.ctx, boss(), s.id, 2, bad[:6])
	told(t, err, "/1/opens invalid", "/2/closes invalid", " required")
	require.NotContains(t, err.Error(), "9am")
	_, err = s.PutHours(s.ctx, boss(), s.id, 1, week())
	require.ErrorIs(t, err, fault.Conflict)
	_, err = s.PutHours(s.ctx, boss(), "nobody", 1, week())
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.Hours(s.ctx, "nobody")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestSocialLinks(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, platform := range []string{"yelp", "facebook"} {
		l, err := s.PutSocialLink(s.ctx, boss(), s.id, platform, "https://x.example/"+platform)
		require.NoError(t, err)
		require.EqualValues(t, 1, l.Revision)
	}
	l, err := s.PutSocialLink(s.ctx, boss(), s.id, "yelp", "https://x.example/new")
	require.NoError(t, err)
	require.EqualValues(t, 2, l.Revision)
	l, err = s.PutSocialLink(s.ctx, boss(), s.id, "yelp", "https://x.example/new")
	require.NoError(t, err)
	require.EqualValues(t, 2, l.Revision, "nothing has changed")
	list, err := s.SocialLinks(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, []string{"facebook", "yelp"}, []string{list[0].Value.Platform, list[1].Value.Platform})
	require.Equal(t, 9, s.now(t).Score)

	_, err = s.PutSocialLink(s.ctx, boss(), s.id, "myspace", "javascript:alert(1)")
	told(t, err, "/platform not_allowed", "/url invalid")
	require.NotContains(t, err.Error(), "alert")
	require.NoError(t, s.DeleteSocialLink(s.ctx, boss(), s.id, "yelp"))
	require.ErrorIs(t, s.DeleteSocialLink(s.ctx, boss(), s.id, "yelp"), fault.NotFound)
	require.Equal(t, 7, s.now(t).Score)
	_, err = s.SocialLinks(s.ctx, "nobody")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestCompleteness(t *testing.T) {
	t.Parallel()
	s := open(t)
	score, err := s.Completeness(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, 5, score.Score)
	for i := range 3 {
		_, err := s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "Service " + string(rune('A'+i))})
		require.NoError(t, err)
	}
	main := store("Main", "Portland")
	main.IsPrimary, main.StreetAddress, main.PostalCode = true, "1 Wharf St", "04101"
	_, err = s.CreateLocation(s.ctx, boss(), s.id, main)
	require.NoError(t, err)
	score, err = s.Completeness(s.ctx, s.id)
	require.NoError(t, err)
	require.Equal(t, 5+12+15, score.Score)
	require.Equal(t, score.Score, s.now(t).Score)
	_, err = s.Completeness(s.ctx, "nobody")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestCatalog(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, err := s.PutHours(s.ctx, boss(), s.id, 1, week())
	require.NoError(t, err)
	_, err = s.CreateKeyword(s.ctx, boss(), s.id, catalog.Keyword{Keyword: "drain cleaning", KeywordES: "limpieza de drenajes"})
	require.NoError(t, err)
	l, err := s.CreateLocation(s.ctx, boss(), s.id, store("Main", "Portland"))
	require.NoError(t, err)
	_, err = s.CreateServiceArea(s.ctx, boss(), s.id, catalog.ServiceArea{City: "Bath", State: "ME", LocationID: l.Value.ID})
	require.NoError(t, err)
	_, err = s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "Drains"})
	require.NoError(t, err)
	_, err = s.PutSocialLink(s.ctx, boss(), s.id, "yelp", "https://x.example")
	require.NoError(t, err)
	c, err := s.Catalog(s.ctx, s.id)
	require.NoError(t, err)
	require.Len(t, c.Keywords, 2)
	require.Len(t, c.Hours, 7)
	require.Len(t, c.SocialLinks, 1)
	n, problems := c.Normalise()
	require.Empty(t, problems)
	require.Empty(t, c.PromptTemplates)
	c.PromptTemplates = nil
	require.Equal(t, n, c)
	_, err = s.Catalog(s.ctx, "nobody")
	require.ErrorIs(t, err, fault.NotFound)
}
