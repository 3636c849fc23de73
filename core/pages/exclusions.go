package pages

// Cause is why a row or a column of the catalog gives no pages.
type Cause string

// The causes, in the order in which they are shown.
const (
	CauseUpcoming           Cause = "upcoming"
	CauseArchived           Cause = "archived"
	CauseNoStorefront       Cause = "no_storefront"
	CauseLanguageDisabled   Cause = "language_disabled"
	CauseMissingTranslation Cause = "missing_translation"
)

// advice says how the cause goes away.
func (c Cause) advice() string {
	switch c {
	case CauseUpcoming:
		return "include upcoming locations to have pages for them"
	case CauseArchived:
		return "archived locations have no pages"
	case CauseNoStorefront:
		return "locations of type service_area have no pages; use a page type of service areas"
	case CauseLanguageDisabled:
		return "enable the language in business.enabled_languages"
	}
	return "give the services a name_es"
}

// Exclusion is how many rows or columns give no pages for one cause.
type Exclusion struct {
	Cause Cause `json:"cause"`
	Count int   `json:"count"`
}

type exclusions map[Cause]int

func (e exclusions) list() (found []Exclusion) {
	for _, cause := range []Cause{
		CauseUpcoming, CauseArchived, CauseNoStorefront, CauseLanguageDisabled, CauseMissingTranslation,
	} {
		if e[cause] > 0 {
			found = append(found, Exclusion{cause, e[cause]})
		}
	}
	return found
}
