package backoffice

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

type unheard struct{}

func (unheard) Observe(context.Context, ports.Event) {}

// turns imports keywords and counts how often the rules were applied to the whole list.
func turns(t *testing.T, standing, in []catalog.Keyword) (BulkResult, int) {
	t.Helper()
	var clock sysclock.Clock
	o, err := New(Ports{Store: memstore.New(clock, nil), Clock: clock, IDs: sysclock.NewIDs(), Observer: unheard{}}, nil)
	require.NoError(t, err)
	by := Caller{Role: Admin, Businesses: []string{AllBusinesses}}
	b, err := o.CreateBusiness(t.Context(), by, catalog.Business{Name: "Harbor Plumbing", IndustryType: "Plumber"})
	require.NoError(t, err)
	counted := 0
	im := importer[catalog.Keyword]{shelf: keywordShelf(), unpacker: keywordUnpacker, twice: func(rows[catalog.Keyword], int) catalog.Problems {
		counted++
		return nil
	}}
	for len(standing) > 0 {
		n := min(MaxBulkRows, len(standing))
		r, err := im.run(t.Context(), o, by, b.ID, inputs(standing[:n]), BulkOptions{})
		require.NoError(t, err)
		require.Equal(t, n, r.Summary.Created)
		standing = standing[n:]
	}
	counted = 0
	r, err := im.run(t.Context(), o, by, b.ID, inputs(in), BulkOptions{DryRun: true})
	require.NoError(t, err)
	return r, counted
}

func inputs(list []catalog.Keyword) (in []BulkInput[catalog.Keyword]) {
	for _, k := range list {
		in = append(in, BulkInput[catalog.Keyword]{Value: k})
	}
	return in
}

func phrases(from, n int) (list []catalog.Keyword) {
	for i := range n {
		list = append(list, catalog.Keyword{Keyword: fmt.Sprintf("plumber %d", from+i)})
	}
	return list
}

// TestAFullListIsSeenAtOnce: the rules look at a list of thousands a few times, not once for every row that has no room.
func TestAFullListIsSeenAtOnce(t *testing.T) {
	t.Parallel()
	r, n := turns(t, phrases(0, 1990), phrases(1980, 500))
	require.Equal(t, BulkSummary{Created: 10, Skipped: 10, Failed: 480}, r.Summary)
	require.Equal(t, BulkCreated, r.Results[19].Status)
	require.Equal(t, BulkFailed, r.Results[20].Status, "the last ones have no room")
	require.Equal(t, catalog.CodeTooMany, r.Results[20].Errors[0].Code)
	require.LessOrEqual(t, n, 3)

	pairs := append(phrases(3000, 1), catalog.Keyword{Keyword: "drain", KeywordES: "drenaje"}, catalog.Keyword{Keyword: "sink"})
	r, _ = turns(t, phrases(0, 1998), pairs)
	require.Equal(t, BulkSummary{Created: 1, Failed: 2}, r.Summary, "a pair needs room for two, and those after it do not overtake it")
	r, _ = turns(t, phrases(0, 2000), phrases(0, 500))
	require.Equal(t, BulkSummary{Skipped: 500}, r.Summary, "what is there already needs no room")
}

// chain are rows of which each stands in the way of the next one, by its text or by its slug, in turn. The first, third, fifth come in.
func chain(n int) (list []catalog.Keyword) {
	for i := range n {
		list = append(list, catalog.Keyword{Keyword: fmt.Sprintf("text %d", i/2), Slug: fmt.Sprintf("slug-%d", (i+1)/2)})
	}
	return list
}

// TestAChainOfRows: what became of the first ones decides on those after them.
func TestAChainOfRows(t *testing.T) {
	t.Parallel()
	r, _ := turns(t, nil, chain(6))
	for i, row := range r.Results {
		require.Equal(t, []BulkStatus{BulkCreated, BulkSkipped}[i%2], row.Status, "row %d: %v", i, row.Errors)
	}
}

// TestALongChainOfRowsEnds: it is looked at a few times. Who has not been judged by then is asked to come again, and none is taken for a
// copy of a row that was not taken.
func TestALongChainOfRowsEnds(t *testing.T) {
	t.Parallel()
	rows := chain(MaxBulkRows)
	r, n := turns(t, nil, rows)
	require.LessOrEqual(t, n, patience+3)
	taken, put := map[string]bool{}, 0
	for i, row := range r.Results {
		if row.Status == BulkCreated {
			taken[rows[i].Keyword], taken[rows[i].Slug] = true, true
		}
	}
	for i, row := range r.Results {
		switch row.Status {
		case BulkSkipped:
			require.True(t, taken[rows[i].Keyword] || taken[rows[i].Slug], "row %d is no copy", i)
		case BulkFailed:
			require.Equal(t, notApplied, row.Errors[0].Code, "row %d", i)
			put++
		}
	}
	require.NotZero(t, put)
}
