package httpapi

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// config is huma's for this API: JSON alone, read strictly, and neither documents nor schemas served by itself.
func (a *API) config() huma.Config {
	c := huma.DefaultConfig("MarketBrewer", a.options.Release)
	c.CreateHooks = nil // links to schemas would change every body
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.Formats = map[string]huma.Format{jsonType: strictJSON(), "json": strictJSON()}
	c.Info.Description = "Businesses, their catalogs, and jobs that make pages of them. Money is a string of US dollars with 12 decimals; times of answers are RFC 3339 in UTC with milliseconds, those of requests any RFC 3339."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token":   {Type: "http", Scheme: "bearer", Description: "the token of a service"},
		"session": {Type: "apiKey", In: "cookie", Name: sessionCookie, Description: "made by POST /api/session"},
	}
	return c
}

// problemSchema is the schema of every error.
func (a *API) problemSchema() *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
}

// operation is the row's in the contract.
func (a *API) operation(r route) *huma.Operation {
	item := a.huma.OpenAPI().Paths[r.path]
	switch r.method {
	case http.MethodGet:
		return item.Get
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	}
	return item.Delete
}

// describe finishes the contract once every row is there.
func (a *API) describe() {
	done := map[*huma.Schema]bool{}
	for _, r := range a.routes {
		op := a.operation(r)
		if op.RequestBody != nil && op.RequestBody.Content[jsonType] != nil {
			a.lenient(op.RequestBody.Content[jsonType].Schema, r.method == http.MethodPatch, done)
		}
		for _, status := range r.also {
			first := *op.Responses[strconv.Itoa(r.status)]
			first.Description = http.StatusText(status)
			op.Responses[strconv.Itoa(status)] = &first
		}
		if r.honours() {
			keyedIn(op, r)
		}
		if r.polled() {
			polledIn(op)
		}
		delete(op.Responses, "default")
		for _, response := range op.Responses {
			response.Headers = withRequestID(response.Headers)
		}
	}
	a.contract = sync.OnceValue(func() []byte { return document(a.huma.OpenAPI()) })
}

// keyedIn describes the Idempotency-Key of a row, which is read before its form is, and what a repeat is marked with.
func keyedIn(op *huma.Operation, r route) {
	least, most := 1, 255
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "Idempotency-Key", In: "header", Required: r.keyed,
		Description: "a name of the caller's own for this request; repeated with it, the same request gets the same answer for 7 days",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most, Pattern: "^[ -~]*$"},
	})
	if r.secret {
		parameter := op.Parameters[len(op.Parameters)-1]
		parameter.Description = "a name of the caller's own for this request; repeated with it within 7 days, the same request makes nothing, and where it showed a secret, which is kept nowhere, answers 409"
		again := op.Responses[strconv.Itoa(http.StatusConflict)]
		again.Headers = map[string]*huma.Param{
			"Idempotency-Replayed": replayed(), "Location": {Description: "what the earlier request made", Schema: &huma.Schema{Type: huma.TypeString}},
		}
	}
	first := op.Responses[strconv.Itoa(r.status)]
	if first.Headers == nil {
		first.Headers = map[string]*huma.Param{}
	}
	first.Headers["Idempotency-Replayed"] = replayed()
}

func replayed() *huma.Param {
	return &huma.Param{
		Description: "true where this is the answer to an earlier request with the key", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"true"}},
	}
}

// polledIn describes the If-None-Match of a row, which is looked at once the answer is there and can be anything, and the ETag.
func polledIn(op *huma.Operation) {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "If-None-Match", In: "header", Description: "the ETag of the answer that the caller has: it comes again only if it has changed",
		Schema: &huma.Schema{Type: huma.TypeString}, Example: `"3"`,
	})
	for _, status := range []string{"200", "304"} {
		response := op.Responses[status]
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		response.Headers["ETag"] = &huma.Param{Description: "names this very answer", Schema: &huma.Schema{Type: huma.TypeString}}
	}
}

func withRequestID(headers map[string]*huma.Param) map[string]*huma.Param {
	all := map[string]*huma.Param{headerID: {Description: "names the request", Schema: &huma.Schema{Type: huma.TypeString}}}
	maps.Copy(all, headers)
	return all
}

// document is the contract as JSON, with the members in a fixed order. A description always marshals.
func document(v any) []byte {
	compact, err := json.Marshal(v)
	if err != nil {
		panic("httpapi: the contract does not marshal: " + err.Error())
	}
	var plain any
	if err := json.Unmarshal(compact, &plain); err != nil {
		panic("httpapi: the contract cannot be read: " + err.Error())
	}
	body, err := json.MarshalIndent(plain, "", "  ")
	if err != nil {
		panic("httpapi: the contract does not marshal: " + err.Error())
	}
	return append(body, '\n')
}
