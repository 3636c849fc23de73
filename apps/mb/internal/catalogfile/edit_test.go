package catalogfile_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestImportKeepsTheRest holds every byte around the new entries.
func TestImportKeepsTheRest(t *testing.T) {
	t.Parallel()
	const keywords = keywordHeader + "gas repair,,,local\n\"yes: no\",,sí,\n"
	for name, c := range map[string]struct{ file, before, after string }{
		"Block": {"c.yaml", `# top
business: {id: acme, name: Acme, industry_type: Plumber}   # inline

keywords:
  # before
  - keyword: drain cleaning   # first

    search_intent: local
    # end of the first

# about hours
hours: []
`, `# top
business: {id: acme, name: Acme, industry_type: Plumber}   # inline

keywords:
  # before
  - keyword: drain cleaning   # first

    search_intent: local
    # end of the first
  - keyword: gas repair
    search_intent: local
  - keyword: 'yes: no'
    keyword_es: sí

# about hours
hours: []
`},
		"FlowEntries": {"c.yaml", smallest + "keywords:\n- {keyword: drain cleaning}\n# after\nhours:\n", smallest +
			"keywords:\n- {keyword: drain cleaning}\n- {keyword: gas repair, search_intent: local}\n- {keyword: 'yes: no', keyword_es: sí}\n# after\nhours:\n"},
		"LastLineUnended": {"c.yaml", smallest + "keywords:\n    -   keyword: >-\n          drain\n          cleaning", smallest +
			"keywords:\n    -   keyword: >-\n          drain\n          cleaning\n    - keyword: gas repair\n      search_intent: local\n    - keyword: 'yes: no'\n      keyword_es: sí\n"},
		"NoList": {"c.yaml", smallest + "# the end\n", smallest +
			"# the end\nkeywords:\n  - keyword: gas repair\n    search_intent: local\n  - keyword: 'yes: no'\n    keyword_es: sí\n"},
		"EmptyFlow": {"c.yaml", smallest + "keywords: [ ]  # none yet\nhours: []\n", smallest +
			"keywords:  # none yet\n  - keyword: gas repair\n    search_intent: local\n  - keyword: 'yes: no'\n    keyword_es: sí\nhours: []\n"},
		"Nothing": {"c.yaml", smallest + "keywords:\nhours: []\n", smallest +
			"keywords:\n  - keyword: gas repair\n    search_intent: local\n  - keyword: 'yes: no'\n    keyword_es: sí\nhours: []\n"},
		"WindowsLines": {"c.yaml", "business: {id: acme, name: Acme, industry_type: Plumber}\r\nkeywords:\r\n- keyword: drain cleaning\r\n", "business: {id: acme, name: Acme, industry_type: Plumber}\r\nkeywords:\r\n- keyword: drain cleaning\r\n" +
			"- keyword: gas repair\r\n  search_intent: local\r\n- keyword: 'yes: no'\r\n  keyword_es: sí\r\n"},
		// What cannot be inserted as text is written anew; comments stay.
		"FlowList": {"c.yaml", smallest + "\n# ours\nkeywords: [{keyword: drain cleaning}]  # short\n", smallest +
			"# ours\nkeywords: [{keyword: drain cleaning}, {keyword: gas repair, search_intent: local}, {keyword: 'yes: no', keyword_es: sí}] # short\n"},
		"DocumentEnd": {"c.yaml", smallest + "...\n", smallest +
			"keywords:\n  - keyword: gas repair\n    search_intent: local\n  - keyword: 'yes: no'\n    keyword_es: sí\n"},
		"JSON": {"c.json", "{\n  \"business\": {\"id\": \"acme\", \"name\": \"Acme\", \"industry_type\": \"Plumber\"},\n  \"keywords\": [\n    {\"keyword\": \"drain cleaning\"}\n  ],\n  \"hours\": []\n}\n",
			"{\n  \"business\": {\"id\": \"acme\", \"name\": \"Acme\", \"industry_type\": \"Plumber\"},\n  \"keywords\": [\n    {\"keyword\": \"drain cleaning\"},\n    {\"keyword\": \"gas repair\", \"search_intent\": \"local\"},\n    {\"keyword\": \"yes: no\", \"keyword_es\": \"sí\"}\n  ],\n  \"hours\": []\n}\n"},
		"JSONInOneLine": {"c.json", `{"business":{"id":"acme","name":"Acme","industry_type":"Plumber"},"keywords":[{"keyword":"drain cleaning"}]}`,
			`{"business":{"id":"acme","name":"Acme","industry_type":"Plumber"},"keywords":[{"keyword":"drain cleaning"}, {"keyword": "gas repair", "search_intent": "local"}, {"keyword": "yes: no", "keyword_es": "sí"}]}`},
		"JSONWithoutList": {"c.json", "{\n\t\"business\": {\"id\": \"acme\", \"name\": \"Acme\", \"industry_type\": \"Plumber\"}\n}",
			"{\n\t\"business\": {\"id\": \"acme\", \"name\": \"Acme\", \"industry_type\": \"Plumber\"},\n\t\"keywords\": [\n\t  {\"keyword\": \"gas repair\", \"search_intent\": \"local\"},\n\t  {\"keyword\": \"yes: no\", \"keyword_es\": \"sí\"}\n\t]\n}"},
		"JSONEmptyList": {"c.json", `{"keywords": [ ], ` + smallestJSON[1:],
			`{"keywords": [{"keyword": "gas repair", "search_intent": "local"}, {"keyword": "yes: no", "keyword_es": "sí"}], ` + smallestJSON[1:]},
		"JSONNull": {"c.json", "{\"locations\": [{\"name\": \"null é\", \"city\": \"X\", \"state\": \"RI\"}], \"keywords\": null,\n" + smallestJSON[1:],
			"{\"locations\": [{\"name\": \"null é\", \"city\": \"X\", \"state\": \"RI\"}], \"keywords\": [{\"keyword\": \"gas repair\", \"search_intent\": \"local\"}, {\"keyword\": \"yes: no\", \"keyword_es\": \"sí\"}],\n" + smallestJSON[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			into := put(t, c.file, c.before)
			require.Equal(t, []string{"k.csv: row 2: created: gas repair", "k.csv: row 3: created: yes: no + sí"}, rows(t, into, keywords, ""))
			require.Equal(t, c.after, get(t, into))
		})
	}
	t.Run("Areas", func(t *testing.T) {
		t.Parallel()
		into := put(t, "c.yaml", smallest+"service_areas:\n  - {city: Warwick, state: RI}\n")
		require.Len(t, rows(t, into, "keyword\nplumber\n", "city,state,county,country,priority\nExeter,RI,Washington County,US,7\nToronto,on,,CA,\n"), 3)
		require.Equal(t, smallest+"service_areas:\n  - {city: Warwick, state: RI}\n"+
			"  - {city: Exeter, state: RI, county: Washington County, priority: 7}\n  - {city: Toronto, state: \"ON\", country: CA}\n"+
			"keywords:\n  - keyword: plumber\n", get(t, into))
	})
	t.Run("TwinOfAnExistingKeyword", func(t *testing.T) {
		t.Parallel()
		into := put(t, "c.yaml", smallest+"keywords:\n- keyword: drain cleaning\n")
		require.Len(t, rows(t, into, keywordHeader+"Drain Cleaning,,limpieza de drenajes,local\n", ""), 1)
		require.Equal(t, smallest+"keywords:\n- keyword: drain cleaning\n"+
			"- keyword: limpieza de drenajes\n  language: es\n  translation_of: drain-cleaning\n  search_intent: local\n", get(t, into))
	})
}
