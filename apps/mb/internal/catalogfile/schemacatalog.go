package catalogfile

import "github.com/marketbrewer/marketbrewer/core/catalog"

// The forms of texts. They are what a look at one value can check of core/catalog's rules.
const (
	idForm    = `^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`
	slugForm  = `^[a-z0-9]+(-[a-z0-9]+)*$`
	phoneForm = `^[0-9+() .-]*([0-9][+() .-]*){7}[0-9+() .-]*$`
	urlForm   = `^[Hh][Tt][Tt][Pp][Ss]?://[^\s]+$`
	emailForm = `^[^\s@]+@[^\s@]+\.[^\s@]+$`
	cityForm  = `^[\p{L}\p{M} '.-]+$`
	clockForm = `^([01][0-9]|2[0-3]):[0-5][0-9]$`
	closeForm = `^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`
	timeForm  = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$`
	keyForm   = `^[a-z][a-z0-9_]{0,39}$`
)

func catalogSchema() schema {
	return object("One business with all that its pages are made of. docs/catalog.md explains every key.",
		must("business", businessSchema()),
		may("questionnaire", questionnaireSchema()),
		may("hours", hoursSchema()),
		may("social_links", list(len(catalog.Platforms()), socialSchema(), "The business's profiles elsewhere, one per platform.")),
		may("services", list(catalog.MaxServices, serviceSchema(), "What the business offers, in the order in which it is shown.")),
		may("keywords", list(catalog.MaxKeywords, keywordSchema(), "Phrases that people search for.")),
		may("service_areas", list(catalog.MaxServiceAreas, areaSchema(), "Cities that the business serves without a store there.")),
		may("locations", list(catalog.MaxLocations, locationSchema(), "The stores of the business.")),
		may("prompt_templates", list(catalog.MaxTemplates, templateSchema(), "The business's own wording of the task.")),
	)
}

func businessSchema() schema {
	name := text(120, "The name as customers know it, 2 to 120 characters.", "Harbor Plumbing & Heating")
	name.MinLength = 2
	return object("Who the business is and how it is reached.",
		must("id", pattern(idForm, 64, "A short name that is chosen once and never changed: jobs and money belong to it.", "harbor-plumbing")),
		must("name", name),
		must("industry_type", choice("The schema.org type of the business; LocalBusiness fits any.", industryTypes()...)),
		may("industry", text(80, "The industry in the business's own words; the label of industry_type unless given.", "Plumbing and heating")),
		may("phone", pattern(phoneForm, 50, "At least 7 digits; digits, + - ( ) . and blanks only. Required for pages unless every location has one.", "(401) 555-0142")),
		may("email", pattern(emailForm, 254, "E-mail address.", "office@example.com")),
		may("website", pattern(urlForm, 2048, "The site that the pages are for: gives canonical addresses and a sitemap.", "https://www.example.com")),
		may("gbp_url", pattern(urlForm, 2048, "Google Business Profile.", "https://maps.google.com/?cid=123")),
		may("country", text(100, "Two letters of ISO 3166-1; USA and UK are understood.", "US").or("US")),
		may("primary_city", pattern(cityForm, 100, "Where the business is; the primary location's unless given.", "Warwick")),
		may("primary_state", text(100, "Two-letter code in the US and Canada.", "RI")),
		may("enabled_languages", languagesSchema()),
	)
}

func languagesSchema() schema {
	s := list(2, choice("A language of pages.", "en", "es"), "The languages of pages; en is always one.").or([]string{"en"})
	s.Unique = true
	// An empty list means the default.
	s.AnyOf = []schema{{Contains: &schema{Const: "en"}}, emptyList()}
	return s
}

func industryTypes() (types []any) {
	for _, i := range catalog.Industries() {
		types = append(types, i.Type)
	}
	return types
}

func questionnaireSchema() schema {
	return object("What the business says about itself beyond its address.",
		may("identity", object("Who it is.",
			may("tagline", text(160, "One line that it is known by.", "Rhode Island's same-day plumbers")),
			may("year_established", whole(1800, 9999, "Not after this year. Gives the years of experience.", 1998)),
			may("owner_name", text(120, "Who runs it.", "Maria Silva")),
		)),
		may("audience", object("Whom it serves.",
			may("target_description", text(1000, "The customers in a sentence or two.", "Homeowners of older houses around the bay")),
			may("languages", list(10, text(40, "A language.", "English"), "What the customers speak, in own words.")),
		)),
		may("brand", object("How it speaks.",
			may("voice_tone", text(60, "professional, casual, friendly, authoritative, playful or own words.", "friendly").or("professional")),
			may("call_to_action", text(300, "What a reader should do; each page ends with it.", "Call us for a same-day visit")),
			may("forbidden_terms", list(50, text(60, "A word or phrase.", "cheapest"), "Must not occur in any page.")),
			may("differentiators", list(10, text(160, "One point.", "Upfront prices"), "What sets the business apart.")),
		)),
		may("service_type", choice("onsite: customers come; mobile: the business comes.", "onsite", "mobile", "both").or("onsite")),
		may("industry_data", schema{
			Description: "Facts of the trade for templates, as {{industry_data.KEY}}.",
			Type:        "object", MaxMembers: 30, Names: &schema{Pattern: keyForm}, Additional: text(500, "1 to 500 characters.", "RI-MP-01234"),
		}),
	)
}

func hoursSchema() schema {
	days := make([]any, 0, len(catalog.Weekdays()))
	for _, day := range catalog.Weekdays() {
		days = append(days, day)
	}
	day := object("One day of the week.",
		must("day_of_week", choice("The day.", days...)),
		may("opens", pattern(clockForm, 5, "HH:MM, in quotes.", "08:00")),
		may("closes", pattern(closeForm, 5, "HH:MM, in quotes; 24:00 is midnight, a time before opens is on the next day.", "17:30")),
		may("is_closed", flag("Closed all day; opens and closes are left out then.")),
	)
	empty := schema{Enum: []any{"", nil}}
	day.If = &schema{Properties: properties{{name: "is_closed", schema: schema{Const: true}}}, Required: []string{"is_closed"}}
	day.Then = &schema{Properties: properties{{name: "opens", schema: empty}, {name: "closes", schema: empty}}}
	filled := schema{Type: "string", MinLength: 5}
	day.Else = &schema{
		Properties: properties{{name: "opens", schema: filled}, {name: "closes", schema: filled}}, Required: []string{"opens", "closes"},
	}
	s := list(7, day, "Opening hours: all seven days or none.")
	s.AnyOf = []schema{{MinItems: 7}, emptyList()}
	return s
}

func socialSchema() schema {
	platforms := make([]any, 0, len(catalog.Platforms()))
	for _, name := range catalog.Platforms() {
		platforms = append(platforms, name)
	}
	return object("A profile of the business.",
		must("platform", choice("Where it is.", platforms...)),
		must("url", pattern(urlForm, 2048, "Its address.", "https://www.facebook.com/example")),
	)
}

func serviceSchema() schema {
	return object("Something that the business offers; a menu item for a restaurant.",
		may("id", pattern(idForm, 64, "The slug unless given.")),
		must("name", text(120, "English name.", "Drain cleaning")),
		may("name_es", text(120, "Spanish name; without it the service has no Spanish pages.", "Destape de drenajes")),
		may("slug", slugSchema("Part of the page's path; made from the name unless given.")),
		may("is_primary", flag("The one main service; the first of the list unless said.")),
	)
}

func slugSchema(description string) schema {
	s := pattern(slugForm, 200, description)
	s.Not = &schema{Enum: []any{"es", "blog", "api", "admin"}}
	return s
}
