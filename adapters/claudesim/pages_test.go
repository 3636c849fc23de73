package claudesim_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const bilingualPlumber = `{"business":{"id":"harbor","name":"Harbor & Sons Plumbing","industry_type":"Plumber","phone":"(978) 555-0142",
	"website":"https://example.com","email":"a@example.com","primary_city":"Gloucester","primary_state":"MA","enabled_languages":["en","es"]},
	"questionnaire":{"identity":{"tagline":"Here when water is not","year_established":2003,"owner_name":"Ana Ruiz"},
	"audience":{"target_description":"homeowners and small businesses","languages":["English","Spanish"]},
	"brand":{"voice_tone":"friendly","call_to_action":"Call us today","forbidden_terms":["cheap","#1","guarantee","best"],"differentiators":["clear prices"]}},
	"services":[{"name":"Drain cleaning","name_es":"Limpieza de desagües"},{"name":"Water heaters"}],
	"keywords":[{"keyword":"emergency plumber near me"},{"keyword":"water heater repair & installation for older homes"},
	{"keyword":"plomero de emergencia cerca de mí","language":"es"},{"keyword":"reparación de calentadores de agua","language":"es"}],
	"service_areas":[{"city":"Manchester-by-the-Sea","state":"MA","county":"Essex"},{"city":"Coeur d'Alene","state":"ID"},{"city":"San José","state":"CA"}],
	"locations":[{"name":"Main shop","city":"Gloucester","state":"MA","street_address":"1 Main St","postal_code":"01930"}]}`

// TestPagesPassTheProductsRules sends the product's own prompts and has the answers judged by its own rules:
// a healthy simulator is accepted at the first attempt, with no flag, below every bound.
func TestPagesPassTheProductsRules(t *testing.T) {
	t.Parallel()
	c, err := catalog.DecodeJSON([]byte(bilingualPlumber))
	require.NoError(t, err)
	for _, pageType := range catalog.PageTypes() {
		t.Run(string(pageType), func(t *testing.T) {
			t.Parallel()
			input, err := pages.Build(c, pages.Options{PageType: string(pageType), Model: "claude-haiku-5-5", Year: 2026})
			require.NoError(t, err)
			plan, err := pages.Open(input)
			require.NoError(t, err)
			sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency})
			require.NoError(t, err)
			for i := range 3 * plan.Size() {
				ordinal, try := i%plan.Size(), job.Try{Attempt: 1}
				r := plan.Request(ordinal, try)
				body := ask("system:"+string(mustJSON(r.System)), `messages:[{"role":"user","content":`+string(mustJSON(r.Prompt))+`}]`,
					format(string(r.Schema)), fmt.Sprintf("max_tokens:%d", r.MaxTokens))
				var m message
				require.NoError(t, json.Unmarshal(serve(sim, body).Body.Bytes(), &m))
				require.LessOrEqual(t, m.Usage.Input, r.InputBound)
				verdict := plan.Accept(ordinal, try, job.Answer{Stop: job.StopReason(m.StopReason), Text: m.text()})
				require.Equal(t, job.Accepted, verdict.Outcome, verdict.Detail)
				require.Empty(t, verdict.Flags)
			}
		})
	}
}
