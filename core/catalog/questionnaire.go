package catalog

import (
	"maps"
	"slices"
	"strings"
)

// Questionnaire is what the business says about itself beyond its address: who it is, whom it serves, how it speaks.
type Questionnaire struct {
	Identity Identity `json:"identity,omitzero"`
	Audience Audience `json:"audience,omitzero"`
	Brand    Brand    `json:"brand,omitzero"`
	// ServiceType is onsite (customers come), mobile (the business comes) or both; onsite unless said.
	ServiceType string `json:"service_type,omitempty"`
	// IndustryData is at most 30 facts of the trade; a key is lower case with digits and "_", at most 40 characters,
	// a value 1 to 500 characters. Templates name them industry_data.KEY.
	IndustryData map[string]string `json:"industry_data,omitempty"`
}

// Identity is who the business is.
type Identity struct {
	Tagline string `json:"tagline,omitempty"`
	// YearEstablished is 1800 or later; that it is not in the future is checked where the year is known.
	YearEstablished *int   `json:"year_established,omitempty"`
	OwnerName       string `json:"owner_name,omitempty"`
}

// Audience is whom the business serves.
type Audience struct {
	TargetDescription string `json:"target_description,omitempty"`
	// Languages is what the customers speak, in own words: at most 10.
	Languages []string `json:"languages,omitempty"`
}

// Brand is how the business speaks.
type Brand struct {
	// VoiceTone is professional (the default), casual, friendly, authoritative, playful or own words.
	VoiceTone    string `json:"voice_tone,omitempty"`
	CallToAction string `json:"call_to_action,omitempty"`
	// ForbiddenTerms must not occur in any page; at most 50 of 1 to 60 characters.
	ForbiddenTerms []string `json:"forbidden_terms,omitempty"`
	// Differentiators is what sets the business apart; at most 10 of 1 to 160 characters.
	Differentiators []string `json:"differentiators,omitempty"`
}

// The service types, and the voice of a business that has chosen none.
const (
	ServiceOnsite = "onsite"
	ServiceMobile = "mobile"
	ServiceBoth   = "both"

	defaultVoice = "professional"
)

const (
	firstYear       = 1800
	lastYear        = 9999
	maxIndustryData = 30
	maxIndustryKey  = 40
)

func (q Questionnaire) clone() Questionnaire {
	q.Identity.YearEstablished = copied(q.Identity.YearEstablished)
	q.Audience.Languages = slices.Clone(q.Audience.Languages)
	q.Brand.ForbiddenTerms = slices.Clone(q.Brand.ForbiddenTerms)
	q.Brand.Differentiators = slices.Clone(q.Brand.Differentiators)
	q.IndustryData = maps.Clone(q.IndustryData)
	return q
}

func (k *checker) questionnaire(q *Questionnaire) {
	const path = "/questionnaire"
	k.line(path+"/identity/tagline", &q.Identity.Tagline, optional, 1, 160)
	k.number(path+"/identity/year_established", q.Identity.YearEstablished, firstYear, lastYear)
	k.line(path+"/identity/owner_name", &q.Identity.OwnerName, optional, 1, 120)
	k.line(path+"/audience/target_description", &q.Audience.TargetDescription, optional, 1, 1000)
	k.list(path+"/audience/languages", &q.Audience.Languages, 10, 40)
	k.line(path+"/brand/voice_tone", &q.Brand.VoiceTone, optional, 1, 60)
	if q.Brand.VoiceTone == "" {
		q.Brand.VoiceTone = defaultVoice
	}
	k.line(path+"/brand/call_to_action", &q.Brand.CallToAction, optional, 1, 300)
	k.list(path+"/brand/forbidden_terms", &q.Brand.ForbiddenTerms, 50, 60)
	k.list(path+"/brand/differentiators", &q.Brand.Differentiators, 10, 160)
	k.choice(path+"/service_type", &q.ServiceType, ServiceOnsite, ServiceOnsite, ServiceMobile, ServiceBoth)
	q.IndustryData = k.industryData(path+"/industry_data", q.IndustryData)
}

// industryData goes through the keys in order, so that problems come in the same order each time.
func (k *checker) industryData(path string, data map[string]string) map[string]string {
	if len(data) == 0 {
		return nil
	}
	if len(data) > maxIndustryData {
		k.add(path, "%d entries; keep at most %d", len(data), maxIndustryData).as(CodeTooMany)
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		if !validIndustryKey(key) {
			k.add(under(path, key), "%s is no valid key; use a lower-case letter, then lower-case letters, digits or _, at most %d",
				shown(key), maxIndustryKey)
		}
		value := data[key]
		k.line(under(path, key), &value, required, 1, 500)
		data[key] = value
	}
	return data
}

// validIndustryKey reports whether key is ^[a-z][a-z0-9_]{0,39}$.
func validIndustryKey(key string) bool {
	if key == "" || len(key) > maxIndustryKey || key[0] < 'a' || key[0] > 'z' {
		return false
	}
	return strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
