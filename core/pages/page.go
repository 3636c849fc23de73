package pages

import "github.com/marketbrewer/marketbrewer/core/catalog"

// Page is what is known of a page before it is written.
type Page struct {
	// Ordinal is the page's number in its job, from 0.
	Ordinal  int              `json:"ordinal"`
	PageType catalog.PageType `json:"page_type"`
	Language catalog.Language `json:"language"`

	// The row: a keyword, or a service with its name in the page's language and in Spanish.
	KeywordID     string `json:"keyword_id,omitempty"`
	KeywordText   string `json:"keyword_text,omitempty"`
	KeywordSlug   string `json:"keyword_slug,omitempty"`
	ServiceID     string `json:"service_id,omitempty"`
	ServiceName   string `json:"service_name,omitempty"`
	ServiceSlug   string `json:"service_slug,omitempty"`
	ServiceNameES string `json:"service_name_es,omitempty"`

	// The column: a service area or a location.
	ServiceAreaID   string `json:"service_area_id,omitempty"`
	ServiceAreaSlug string `json:"service_area_slug,omitempty"`
	LocationID      string `json:"location_id,omitempty"`
	LocationSlug    string `json:"location_slug,omitempty"`
	LocationStatus  string `json:"location_status,omitempty"`

	City   string `json:"city"`
	State  string `json:"state"`
	County string `json:"county,omitempty"`

	// URLPath is the page's address on the business's site, for example /es/emergency-plumber/portland-me.
	URLPath string `json:"url_path"`
	// MissingVariables lists the template's optional variables that have no value on this page.
	MissingVariables []string `json:"missing_variables,omitempty"`
	// Issues are remarks for a person, such as unusual_characters.
	Issues []string `json:"issues,omitempty"`
}

// The issues of a page.
const (
	// IssueUnusualCharacters: the phrase has other characters than letters, digits, blanks, "-" and quotes.
	IssueUnusualCharacters = "unusual_characters"
	// IssueNearDuplicate: another phrase of the language has the same words in another order.
	IssueNearDuplicate = "near_duplicate"
	// IssueLongPath: the path is longer than 100 characters.
	IssueLongPath = "long_path"
	// IssueForbiddenTerm: the phrase or the city has a term in it that no page may use.
	IssueForbiddenTerm = "forbidden_term"
)

// Page is the page with the number, which is 0 to Size-1.
func (p *Plan) Page(ordinal int) Page {
	r, c := p.at(ordinal)
	page := Page{
		Ordinal: ordinal, PageType: p.input.PageType, Language: r.language,
		City: c.city, State: c.state, County: c.county,
		URLPath: p.path(r, c),
	}
	if p.input.PageType.Services() {
		page.ServiceID, page.ServiceName, page.ServiceSlug, page.ServiceNameES = r.id, r.text, r.slug, r.nameES
	} else {
		page.KeywordID, page.KeywordText, page.KeywordSlug = r.id, r.text, r.slug
	}
	if p.input.PageType.Locations() {
		page.LocationID, page.LocationSlug, page.LocationStatus = c.id, c.slug, c.status
	} else {
		page.ServiceAreaID, page.ServiceAreaSlug = c.id, c.slug
	}
	page.MissingVariables = p.sheets[r.language].missing(r, c)
	page.Issues = r.issues.list(c.issues, len(page.URLPath) > longPath)
	return page
}

// Path is the URL path of a page, which Page says too, at a higher price.
func (p *Plan) Path(ordinal int) string { return p.path(p.at(ordinal)) }

// at finds a page's row and column.
func (p *Plan) at(ordinal int) (*row, *column) {
	return &p.rows[ordinal/len(p.columns)], &p.columns[ordinal%len(p.columns)]
}
