package pages

import "github.com/marketbrewer/marketbrewer/core/catalog"

// Facts is what the markup of a page may say about the business, for example as schema.org data.
type Facts struct {
	BusinessName string
	// IndustryType is a schema.org type.
	IndustryType string
	// Phone is the store's, else the business's.
	Phone   string
	Website string
	Email   string
	// City and State are the page's target, which need not be where the business is.
	City, State string
	// Address is the store's own address, nil when none may be given.
	Address *Address
	// Keyword is the page's phrase.
	Keyword  string
	Language catalog.Language
}

// Address is where people can go.
type Address struct {
	Name, Street, City, State, PostalCode, Country string
	// Latitude and Longitude are degrees; both nil when unknown.
	Latitude, Longitude *float64
}

// Facts is what is known of the page with the number, which is 0 to Size-1.
func (p *Plan) Facts(ordinal int) Facts {
	r, c := p.at(ordinal)
	b := p.input.Catalog.Business
	facts := Facts{
		BusinessName: b.Name, IndustryType: b.IndustryType, Website: b.Website, Email: b.Email,
		Phone: c.values[slot("phone")], City: c.city, State: c.state, Keyword: r.text, Language: r.language,
	}
	if l := addressed(view{col: c, store: p.store}); l != nil {
		facts.Address = &Address{
			Name: l.Name, Street: l.StreetAddress, City: l.City, State: l.State, PostalCode: l.PostalCode, Country: l.Country,
			Latitude: l.Latitude, Longitude: l.Longitude,
		}
	}
	return facts
}
