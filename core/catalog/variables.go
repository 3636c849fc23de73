package catalog

import (
	"slices"
	"strings"
)

// IndustryDataPrefix leads the variables that name an entry of the questionnaire's industry_data.
const IndustryDataPrefix = "industry_data."

// variables lists every name that a template may use, besides those of industry_data.
var variables = [...]string{
	"business_name", "industry", "industry_type", "phone", "website", "email", "gbp_url",
	"city", "state", "county",
	"primary_keyword", "primary_keyword_es", "keyword", "keyword_language", "content_language", "search_intent",
	"primary_service", "primary_service_es", "services_list", "service_type",
	"page_type", "word_count",
	"tagline", "year_established", "years_experience", "owner_name",
	"target_audience", "languages", "voice_tone", "tone", "differentiators",
	"street_address", "postal_code", "business_hours",
	"location_name", "location_status", "nearest_location_name", "location_address", "location_phone",
	"location_maps_url", "location_order_link",
	"cta_text", "forbidden_terms",
}

// Variables lists the names that a template may use, in the order in which a prompt gives their values. Besides them
// there is industry_data.KEY for each key.
func Variables() []string { return slices.Clone(variables[:]) }

// KnownVariable reports whether a template may use the name.
func KnownVariable(name string) bool {
	if key, ok := strings.CutPrefix(name, IndustryDataPrefix); ok {
		return validIndustryKey(key)
	}
	return slices.Contains(variables[:], name)
}

// variableHint proposes the variable that is likely meant.
func variableHint(name string) string {
	plain := strings.NewReplacer("_", "", ".", "").Replace(name)
	for _, known := range variables {
		if strings.ReplaceAll(known, "_", "") == plain {
			return "; write {{" + known + "}}"
		}
	}
	return "; remove it or use one of " + strings.Join(variables[:8], ", ") + ", ..."
}
