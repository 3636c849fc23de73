package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCatalogCheck(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	fine := s.run("catalog", "check", s.path("catalog.yaml")).want(exitDone).stdout
	require.Contains(t, fine, "no problems")
	require.Contains(t, fine, "Corner Bakery (corner-bakery): 2 keywords (0 Spanish), 2 services, 2 service areas, 0 locations")

	s.write("poor.yaml", "business: {id: b, name: Poor, industry_type: Bakery}\nkeywords:\n  - {keyword: bread}\n")
	require.Contains(t, s.run("catalog", "check", s.path("poor.yaml")).want(exitDone).stdout, "completeness 5 of 100, 40 are needed")

	bad := s.write("bad.yaml", strings.NewReplacer("Corner Bakery", "X", "state: RI}", "state: Nowhere}", "keyword: fresh", "keywrod: fresh").Replace(smallCatalog))
	found := s.run("catalog", "check", bad).want(exitFailed)
	require.Contains(t, found.stdout, bad+":3:")
	require.Contains(t, found.stdout, "keywrod")
	require.Equal(t, 5, strings.Count(found.stdout, "\n"), "every problem at once: %s", found.stdout)
	require.Contains(t, found.stderr, "bad.yaml: 5 problems")
	future := s.write("future.yaml", strings.Replace(smallCatalog, "year_established: 1998", "year_established: 2199", 1))
	early := s.run("catalog", "check", future).want(exitFailed)
	require.Contains(t, early.stdout, future+":11:")
	require.Contains(t, early.stdout, "/questionnaire/identity/year_established: 2199 is after this year")
	asJSON := s.write("future.json", `{"business": {"id": "b", "name": "Poor", "industry_type": "Bakery"},
  "questionnaire": {"identity": {"year_established": 2199}}}`)
	require.Contains(t, s.run("catalog", "check", asJSON).want(exitFailed).stdout, asJSON+":2:")
	s.run(s.making("--catalog", future)...).want(exitUsage).complains("year_established is 2199, after this year")
	s.run("catalog", "check", s.path("none.yaml")).want(exitUsage).complains("none.yaml")
	s.run("catalog", "check").want(exitUsage).complains("FILE is missing")
	s.run(s.making("--catalog", bad)...).want(exitUsage).complains(bad+":3:", "and 4 more: run mb catalog check")
}

func TestCatalogImport(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	keywords := s.write("keywords.csv", "keyword,language,keyword_es,search_intent\nsourdough,en,,local\nfresh bread,en,,\n")
	areas := s.write("areas.csv", "city,state,county,country,priority\nProvidence,RI,,,\n")
	done := s.run("catalog", "import", "--keywords", keywords, "--areas", areas, "--into", s.path("catalog.yaml")).want(exitDone)
	require.Contains(t, done.stdout, keywords+":2: created")
	require.Contains(t, done.stdout, keywords+":3: duplicate")
	require.Contains(t, done.stdout, areas+":2: created")
	require.Contains(t, done.stderr, "2 created, 1 there already, 0 with an error")
	require.Contains(t, s.run("catalog", "check", s.path("catalog.yaml")).want(exitDone).stdout, "3 keywords (0 Spanish), 2 services, 3 service areas")

	wrong := s.write("wrong.csv", "city,state\nNewport,Nowhere\nNewport,RI\n")
	done = s.run("catalog", "import", "--areas", wrong, "--into", s.path("catalog.yaml")).want(exitFailed)
	require.Contains(t, done.stdout, wrong+":2: error: ")
	require.Contains(t, done.stdout, wrong+":3: created")
	s.run("catalog", "import", "--areas", s.path("none.csv"), "--into", s.path("catalog.yaml")).want(exitUsage).complains("none.csv")
}

func TestCatalogSchema(t *testing.T) {
	t.Parallel()
	require.True(t, json.Valid([]byte(newShop(t).run("catalog", "schema").want(exitDone).stdout)))
}
