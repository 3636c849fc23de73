package httpapi

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// usd is an amount of money in an answer: a string of US dollars with 12 decimals.
type usd cost.Pico

// MarshalJSON writes all 12 decimals.
func (u usd) MarshalJSON() ([]byte, error) { return json.Marshal(cost.Pico(u).String()) }

// Schema implements huma.SchemaProvider.
func (usd) Schema(huma.Registry) *huma.Schema {
	return text(`^-?[0-9]{1,7}\.[0-9]{12}$`, "US dollars with 12 decimals", "12.500000000000")
}

// amount is money in a request: a string of US dollars with up to 12 decimals, above zero. So its zero value is that nothing was said.
type amount cost.Pico

// UnmarshalJSON reads a string of dollars.
func (u *amount) UnmarshalJSON(body []byte) error {
	var said string
	if err := json.Unmarshal(body, &said); err != nil {
		return fault.New(fault.Invalid, "money is a string such as \"12.50\"")
	}
	read, err := cost.ParseUSD(said)
	if err != nil {
		return fault.New(fault.Invalid, "money is a string of US dollars with at most 12 decimals, such as \"12.50\"")
	}
	if read <= 0 {
		return fault.New(fault.Invalid, "money is above zero: leave it out to say nothing of it")
	}
	*u = amount(read)
	return nil
}

// Schema implements huma.SchemaProvider. The largest amount that is kept is 9,223,372 dollars.
func (amount) Schema(huma.Registry) *huma.Schema {
	return text(`^([0-8]?[0-9]{1,6}|9[01][0-9]{5})(\.[0-9]{1,12})?$`, "US dollars, above zero and below 9,200,000, up to 12 decimals", "12.50")
}

// text is the schema of a string with a form.
func text(pattern, description, example string) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Pattern: pattern, Description: description, Examples: []any{example}}
	s.PrecomputeMessages()
	return s
}
