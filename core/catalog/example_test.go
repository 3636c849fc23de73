package catalog_test

import (
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

func Example() {
	c, problems := catalog.Check([]byte(`{
		"business": {"id": "sunrise", "name": "Sunrise Bakery", "industry_type": "bakery"},
		"keywords": [{"keyword": "fresh bread", "keyword_es": "pan fresco"}, {"keyword": "Fresh  bread!"}],
		"service_areas": [{"city": "Portland", "state": "Maine"}]
	}`))
	for _, p := range problems {
		fmt.Println(p)
	}
	fmt.Println(c.Keywords[1].ID, "=", c.Keywords[1].Keyword)
	// Output:
	// /business/industry_type: "bakery" is no known industry type, write Bakery; LocalBusiness with your own words in industry fits any business
	// /keywords/1/slug: slug "fresh-bread" is taken by /keywords/0/slug; change or remove one of the two
	// /service_areas/0/state: "Maine" is no state code of US; write ME
	// es-fresh-bread = pan fresco
}
