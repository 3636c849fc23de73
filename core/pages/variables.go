package pages

import (
	"slices"
	"strconv"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// scope says on what a variable's value depends.
type scope int

const (
	// perSheet: on the job and the language.
	perSheet scope = iota
	// perRow: on the keyword or service.
	perRow
	// perColumn: on the city or store.
	perColumn
)

// variable is a name that templates may use.
type variable struct {
	name  string
	scope scope
	value func(v view) string
	// where says where a person fills it in.
	where string
	// alias marks a second name of another variable, which the block of facts leaves out.
	alias bool
	// page marks what a page is about: it is said with the page even where all pages of a job have it in common.
	page bool
}

// view is all that a value may depend on. A variable of a row finds no column in it, and the other way round.
type view struct {
	in    *Input
	words int
	sheet catalog.Language
	row   *row
	col   *column
	main  *catalog.Service
	store *catalog.Location
	twins map[string]string
}

// alwaysRequired must have a value on every page, whatever the template says.
var alwaysRequired = [...]string{"business_name", "city", "state", "phone"}

// AlwaysRequired lists the variables that must have a value on every page, whatever the template says.
func AlwaysRequired() []string { return slices.Clone(alwaysRequired[:]) }

// table lists every variable in the order of catalog.Variables.
var table = [...]variable{
	{name: "business_name", value: func(v view) string { return v.in.Catalog.Business.Name }, where: "business.name"},
	{name: "industry", value: func(v view) string { return v.in.Catalog.Business.Industry }, where: "business.industry"},
	{name: "industry_type", value: func(v view) string { return v.in.Catalog.Business.IndustryType }, where: "business.industry_type"},
	{name: "phone", scope: perColumn, value: columnPhone, where: "business.phone, or the phone of each location"},
	{name: "website", value: func(v view) string { return v.in.Catalog.Business.Website }, where: "business.website"},
	{name: "email", value: func(v view) string { return v.in.Catalog.Business.Email }, where: "business.email"},
	{name: "gbp_url", value: func(v view) string { return v.in.Catalog.Business.GBPURL }, where: "business.gbp_url"},

	{name: "city", scope: perColumn, value: func(v view) string { return v.col.city }, where: "the city of each area or location", page: true},
	{name: "state", scope: perColumn, value: func(v view) string { return v.col.state }, where: "the state of each area or location", page: true},
	{name: "county", scope: perColumn, value: func(v view) string { return v.col.county }, where: "the county of each service area", page: true},

	{name: "primary_keyword", scope: perRow, value: func(v view) string { return v.row.text }, where: "the keyword or service", page: true},
	{name: "primary_keyword_es", scope: perRow, value: spanishText, where: "keyword_es of each keyword, or name_es of each service", page: true},
	{name: "keyword", scope: perRow, value: func(v view) string { return v.row.text }, where: "the keyword or service", alias: true, page: true},
	{name: "keyword_language", value: func(v view) string { return string(v.sheet) }, where: "the language of each keyword"},
	{name: "content_language", value: func(v view) string { return languageName(v.sheet) }, where: "the language of each keyword"},
	{name: "search_intent", scope: perRow, value: func(v view) string { return v.row.intent }, where: "search_intent of each keyword"},

	{name: "primary_service", scope: perRow, value: mainService, where: "services"},
	{name: "primary_service_es", scope: perRow, value: mainServiceES, where: "name_es of the primary service, or of each service"},
	{name: "services_list", value: servicesList, where: "services"},
	{name: "service_type", value: func(v view) string { return v.in.Catalog.Questionnaire.ServiceType }, where: "questionnaire.service_type"},

	{name: "page_type", value: func(v view) string { return string(v.in.PageType) }, where: "the page type of the job"},
	{name: "word_count", value: func(v view) string { return strconv.Itoa(v.words) }, where: "word_count_target of the prompt template"},

	{name: "tagline", value: func(v view) string { return v.in.Catalog.Questionnaire.Identity.Tagline }, where: "questionnaire.identity.tagline"},
	{name: "year_established", value: yearEstablished, where: "questionnaire.identity.year_established"},
	{name: "years_experience", value: yearsExperience, where: "questionnaire.identity.year_established, with a year before this one"},
	{name: "owner_name", value: func(v view) string { return v.in.Catalog.Questionnaire.Identity.OwnerName }, where: "questionnaire.identity.owner_name"},

	{name: "target_audience", value: func(v view) string { return v.in.Catalog.Questionnaire.Audience.TargetDescription }, where: "questionnaire.audience.target_description"},
	{name: "languages", value: func(v view) string { return join(v.in.Catalog.Questionnaire.Audience.Languages) }, where: "questionnaire.audience.languages"},
	{name: "voice_tone", value: func(v view) string { return v.in.Catalog.Questionnaire.Brand.VoiceTone }, where: "questionnaire.brand.voice_tone"},
	{name: "tone", value: func(v view) string { return v.in.Catalog.Questionnaire.Brand.VoiceTone }, where: "questionnaire.brand.voice_tone", alias: true},
	{name: "differentiators", value: func(v view) string { return join(v.in.Catalog.Questionnaire.Brand.Differentiators) }, where: "questionnaire.brand.differentiators"},

	{name: "street_address", scope: perColumn, value: streetAddress, where: "street_address of an active location with a storefront"},
	{name: "postal_code", scope: perColumn, value: postalCode, where: "postal_code of an active location with a storefront"},
	{name: "business_hours", scope: perColumn, value: businessHours, where: "hours; stores that open later have none"},

	{name: "location_name", scope: perColumn, value: locationName, where: "location_id of each service area"},
	{name: "location_status", scope: perColumn, value: locationStatus, where: "location_id of each service area"},
	{name: "nearest_location_name", scope: perColumn, value: nearestName, where: "location_id of each service area, naming a store with a storefront"},
	{name: "location_address", scope: perColumn, value: locationAddress, where: "street_address of the page's active location"},
	{name: "location_phone", scope: perColumn, value: locationPhone, where: "the phone of each location"},
	{name: "location_maps_url", scope: perColumn, value: locationMaps, where: "google_maps_url of each location"},
	{name: "location_order_link", scope: perColumn, value: locationOrder, where: "order_link of each location"},

	{name: "cta_text", value: func(v view) string { return v.in.Catalog.Questionnaire.Brand.CallToAction }, where: "questionnaire.brand.call_to_action"},
	{name: "forbidden_terms", value: func(v view) string { return join(v.in.Catalog.Questionnaire.Brand.ForbiddenTerms) }, where: "questionnaire.brand.forbidden_terms"},
}

// lookup finds a variable by its name.
func lookup(name string) *variable {
	for i := range table {
		if table[i].name == name {
			return &table[i]
		}
	}
	return nil
}

// slot is the place of a variable among those of its scope.
func slot(name string) int {
	n := 0
	wanted := lookup(name)
	for i := range table {
		if table[i].name == name {
			break
		}
		if table[i].scope == wanted.scope {
			n++
		}
	}
	return n
}

// fill evaluates the variables of a scope, cleaned, in the order of their slots.
func fill(s scope, v view) []string {
	var values []string
	for i := range table {
		if table[i].scope == s {
			values = append(values, clean(table[i].value(v)))
		}
	}
	return values
}

// names lists the variables of a scope by their slots.
func names(s scope) (list []string) {
	for i := range table {
		if table[i].scope == s {
			list = append(list, table[i].name)
		}
	}
	return list
}
