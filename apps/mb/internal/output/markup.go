package output

// The schema.org data of a page. The types say only what the business has given; a member that is empty is left out.

type localBusiness struct {
	Context   string         `json:"@context"`
	Type      string         `json:"@type"`
	Name      string         `json:"name"`
	URL       string         `json:"url,omitempty"`
	Telephone string         `json:"telephone,omitempty"`
	Email     string         `json:"email,omitempty"`
	Address   *postalAddress `json:"address,omitempty"`
	Geo       *geo           `json:"geo,omitempty"`
	Area      *area          `json:"areaServed,omitempty"`
}

type postalAddress struct {
	Type     string `json:"@type"`
	Street   string `json:"streetAddress"`
	Locality string `json:"addressLocality"`
	Region   string `json:"addressRegion"`
	Code     string `json:"postalCode,omitempty"`
	Country  string `json:"addressCountry"`
}

type geo struct {
	Type      string  `json:"@type"`
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type area struct {
	Type string `json:"@type"`
	Name string `json:"name"`
}

func (v view) business() localBusiness {
	f := v.facts
	b := localBusiness{
		Context: "https://schema.org", Type: f.IndustryType, Name: f.BusinessName, URL: v.site.url("/"),
		Telephone: f.Phone, Email: f.Email,
	}
	if a := f.Address; a != nil {
		b.Address = &postalAddress{
			Type: "PostalAddress", Street: a.Street, Locality: a.City, Region: a.State, Code: a.PostalCode, Country: a.Country,
		}
		if a.Latitude != nil && a.Longitude != nil {
			b.Geo = &geo{Type: "GeoCoordinates", Latitude: *a.Latitude, Longitude: *a.Longitude}
		}
	}
	if v.record.ServiceAreaID != "" {
		b.Area = &area{Type: "City", Name: f.City + ", " + f.State}
	}
	return b
}

type breadcrumbs struct {
	Context string  `json:"@context"`
	Type    string  `json:"@type"`
	Items   []crumb `json:"itemListElement"`
}

type crumb struct {
	Type     string `json:"@type"`
	Position int    `json:"position"`
	Name     string `json:"name"`
	Item     string `json:"item,omitempty"`
}

// breadcrumbs has two steps: the levels between them have no page.
func (v view) breadcrumbs() breadcrumbs {
	return breadcrumbs{Context: "https://schema.org", Type: "BreadcrumbList", Items: []crumb{
		{Type: "ListItem", Position: 1, Name: vocabulary[v.record.Language].Home, Item: v.site.url("/")},
		{Type: "ListItem", Position: 2, Name: v.name(), Item: v.record.URL},
	}}
}
