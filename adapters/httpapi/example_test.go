package httpapi_test

import (
	"encoding/json"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
)

// The contract is made from the rows of the API, without a store.
func Example() {
	body, err := httpapi.Contract(httpapi.ContractVersion)
	if err != nil {
		panic(err)
	}
	var contract struct {
		OpenAPI string                    `json:"openapi"`
		Paths   map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(body, &contract); err != nil {
		panic(err)
	}
	_, generate := contract.Paths["/api/businesses/{business_id}/generate"]["post"]
	fmt.Println(contract.OpenAPI, generate)
	// Output: 3.1.0 true
}
