package pages_test

import (
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const bakery = `{
  "business": {"id": "sunrise", "name": "Sunrise Bakery", "industry_type": "Bakery", "phone": "207-555-0120",
    "email": "hi@sunrise.example", "website": "https://sunrise.example", "primary_city": "Portland", "primary_state": "ME",
    "enabled_languages": ["en", "es"]},
  "questionnaire": {"identity": {"tagline": "Bread before dawn"}, "audience": {"languages": ["English"]},
    "brand": {"call_to_action": "Order by noon"}},
  "services": [{"name": "Sourdough"}],
  "keywords": [{"keyword": "fresh bread", "keyword_es": "pan fresco"}],
  "service_areas": [{"city": "Portland", "state": "ME"}]
}`

func Example() {
	business, err := catalog.DecodeJSON([]byte(bakery))
	if err != nil {
		fmt.Println(err)
		return
	}
	input, err := pages.Build(business, pages.Options{PageType: "keyword-service-area", Model: "claude-haiku-5-5", Year: 2026})
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := pages.Open(input)
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range plan.Size() {
		page := plan.Page(i)
		fmt.Println(page.URLPath, page.Language, page.KeywordText)
	}
	request := plan.Request(1, job.Try{Attempt: 1})
	for line := range strings.Lines(request.System) {
		if name, _, _ := strings.Cut(line, ":"); name == "Negocio" || name == "content_language" {
			fmt.Print("before every Spanish prompt  ", line)
		}
	}
	fmt.Print(request.Prompt[:strings.Index(request.Prompt, "\n")+1])
	// Output:
	// /fresh-bread/portland-me en fresh bread
	// /es/fresh-bread/portland-me es pan fresco
	// before every Spanish prompt  content_language: Spanish
	// before every Spanish prompt  Negocio: Sunrise Bakery
	// Escriba la página de destino para las personas de Portland, ME que buscan «pan fresco». El teléfono que debe dar es 207-555-0120.
}
