package catalogfile

import "github.com/marketbrewer/marketbrewer/core/catalog"

func keywordSchema() schema {
	phrase := text(100, "The phrase, 2 to 100 characters.", "emergency plumber")
	phrase.MinLength = 2
	s := object("A phrase that people search for.",
		may("id", pattern(idForm, 64, "LANGUAGE-SLUG unless given.")),
		must("keyword", phrase),
		may("language", choice("Its language.", "en", "es").or("en")),
		may("slug", slugSchema("Part of the page's path; made from the keyword unless given. English and Spanish twins have the same.")),
		may("search_intent", choice("What the searcher wants.", "transactional", "informational", "navigational", "local", "commercial")),
		may("keyword_es", text(100, "The same phrase in Spanish: makes a Spanish keyword besides.", "plomero de emergencia")),
		may("translation_of", text(200, "The id, slug or text of the keyword in the other language that this one translates.")),
	)
	s.If = &schema{Properties: properties{{name: "language", schema: schema{Const: "es"}}}, Required: []string{"language"}}
	s.Then = &schema{Properties: properties{{name: "keyword_es", schema: schema{Enum: []any{"", nil}}}}}
	return s
}

// placeMembers are the city, the state and the country of an area or a location.
func placeMembers() []property {
	return []property{
		must("city", pattern(cityForm, 100, "The city.", "East Greenwich")),
		must("state", text(100, "Two-letter code in the US and Canada.", "RI")),
		may("country", text(100, "The business's unless given.", "US")),
	}
}

func areaSchema() schema {
	list := append([]property{may("id", pattern(idForm, 64, "The slug unless given."))}, placeMembers()...)
	return object("A city that the business serves without a store there.", append(list,
		may("county", text(100, "The county.", "Kent County")),
		may("slug", slugSchema("Part of the page's path; made from city and state unless given.")),
		may("priority", whole(1, 10, "10 comes first.").or(5)),
		may("location_id", text(64, "The id of the location that serves the area: its phone and address appear on the pages.")),
	)...)
}

func locationSchema() schema {
	list := append([]property{
		may("id", pattern(idForm, 64, "The slug unless given.")),
		must("name", text(200, "What the store is called.", "Main shop")),
	}, placeMembers()...)
	degrees := func(most float64, description string) schema {
		least := -most
		return schema{Description: description, Type: "number", Minimum: &least, Maximum: &most}
	}
	s := object("A store of the business.", append(list,
		may("slug", slugSchema("Part of the page's path; made from city and state unless given.")),
		may("status", choice("upcoming: opens later, gets pages only when asked for.", "active", "upcoming").or("active")),
		may("location_type", choice("service_area: no public storefront, its address is never shown and it gets no pages.", "physical", "service_area").or("physical")),
		may("is_primary", flag("The main store, at most one.")),
		may("display_name", text(300, "BUSINESS (NAME) unless given.")),
		may("street_address", text(500, "Street and number.", "14 Quayside Lane")),
		may("postal_code", text(20, "In quotes, so that leading zeros stay.", "02886")),
		may("phone", pattern(phoneForm, 50, "The store's own number.", "(401) 555-0142")),
		may("email", pattern(emailForm, 254, "The store's own address.")),
		may("google_maps_url", pattern(urlForm, 2048, "The store on the map.")),
		may("order_link", pattern(urlForm, 2048, "Where to order online.")),
		may("store_id", text(100, "The business's own number for the store.")),
		may("is_headquarters", flag("For display; no effect on pages.")),
		may("note", text(1000, "For staff; on no page.")),
		may("priority", whole(0, 1000, "Order of display, lower first.").or(0)),
		may("latitude", degrees(90, "Degrees; together with longitude.")),
		may("longitude", degrees(180, "Degrees; together with latitude.")),
		may("archived_at", pattern(timeForm, 0, "When the store was given up; it gets no pages then.", "2026-01-31T00:00:00Z")),
		may("archive_reason", text(300, "Why; only with archived_at.")),
	)...)
	s.Dependent = map[string][]string{"latitude": {"longitude"}, "longitude": {"latitude"}}
	return s
}

func templateSchema() schema {
	types := []any{"service-area", "location-keyword"}
	for _, t := range catalog.PageTypes() {
		types = append(types, string(t))
	}
	return object("A prompt for one page type. Without an active one the built-in prompt is used.",
		may("id", pattern(idForm, 64, "PAGE_TYPE-LANGUAGE-vN unless given.")),
		must("page_type", choice("The page type, or one of the aliases service-area and location-keyword.", types...)),
		may("language", choice("any: serves the languages that have no active template of their own.", "any", "en", "es").or("any")),
		must("template", text(20_000, "The task, with variables such as {{city}}.")),
		may("required_variables", list(0, text(0, "A variable of the template.", "county"), "Variables that must have a value on every page.")),
		may("word_count_target", whole(100, 3000, "Words to write; 400 unless given, 700 for blogs.")),
		may("is_active", flag("Puts the template to use; at most one per page type and language.")),
		may("note", text(200, "For staff.")),
		may("based_on_id", pattern(idForm, 64, "The template that this one was made from.")),
	)
}
