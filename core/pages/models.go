package pages

import "github.com/marketbrewer/marketbrewer/core/catalog"

// cheapest writes pages of every type well enough to pass the rules, at a twentieth of the price of the next model
// (prices of 2026-10-10).
const cheapest = "claude-haiku-5-5"

// models names the model of page types that are to have another one than the cheapest.
var models = map[catalog.PageType]string{}

// DefaultModel is the model that writes pages of a type where the job names none.
func DefaultModel(t catalog.PageType) string {
	if model, named := models[t]; named {
		return model
	}
	return cheapest
}
