package catalog

import "slices"

// Gate is the score below which no job of the business begins.
const Gate = 40

// Score is how complete a profile is.
type Score struct {
	// Score is 0 to 100; 0 for a business without a name.
	Score int
	// Items is every part of the score, in a fixed order.
	Items []Item
}

// Item is one part of the score.
type Item struct {
	// Key names what is asked for, for example primary_city.
	Key string
	// Points is what it counts, in half points.
	Points int
	// Earned reports whether it is there.
	Earned bool
}

// Missing lists the items that are not there.
func (s Score) Missing() []Item {
	return slices.DeleteFunc(slices.Clone(s.Items), func(i Item) bool { return i.Earned })
}

// Completeness scores a normalised catalog.
func Completeness(c Catalog) Score {
	items := slices.Concat(scoreBusiness(c.Business), scoreQuestionnaire(c.Questionnaire), scoreOfferings(c))
	half := 0
	for _, item := range items {
		if item.Earned {
			half += item.Points
		}
	}
	if trim(c.Business.Name) == "" {
		half = 0
	}
	return Score{Score: min((half+1)/2, 100), Items: items}
}

func scoreBusiness(b Business) []Item {
	return []Item{
		{"phone", 10, b.Phone != ""},
		{"email", 10, b.Email != ""},
		{"website", 10, b.Website != ""},
		{"gbp_url", 10, b.GBPURL != ""},
		{"primary_city", 5, b.PrimaryCity != ""},
		{"primary_state", 5, b.PrimaryState != ""},
	}
}

func scoreQuestionnaire(q Questionnaire) []Item {
	return []Item{
		{"tagline", 8, q.Identity.Tagline != ""},
		{"year_established", 8, q.Identity.YearEstablished != nil},
		{"owner_name", 8, q.Identity.OwnerName != ""},
		{"target_description", 12, q.Audience.TargetDescription != ""},
		{"audience_language", 14, len(q.Audience.Languages) > 0},
		// The voice has a default, so that it is always there.
		{"voice_tone", 10, true},
		{"call_to_action", 10, q.Brand.CallToAction != ""},
		{"forbidden_term", 6, len(q.Brand.ForbiddenTerms) > 0},
	}
}

func scoreOfferings(c Catalog) []Item {
	primary := slices.ContainsFunc(c.Services, func(s Service) bool { return s.IsPrimary })
	open := slices.ContainsFunc(c.Hours, func(d DayHours) bool { return !d.IsClosed })
	return []Item{
		{"services_1", 8, len(c.Services) >= 1},
		{"services_primary", 8, primary},
		{"services_2", 8, len(c.Services) >= 2},
		{"primary_location_address", 20, slices.ContainsFunc(c.Locations, addressed)},
		{"hours", 20, open},
		{"social_links_1", 4, len(c.SocialLinks) >= 1},
		{"social_links_2", 4, len(c.SocialLinks) >= 2},
		{"social_links_3", 2, len(c.SocialLinks) >= 3},
	}
}

// addressed reports whether the location is the primary one and has its whole address.
func addressed(l Location) bool {
	return l.IsPrimary && !l.Archived() && l.StreetAddress != "" && l.City != "" && l.State != "" && l.PostalCode != ""
}
