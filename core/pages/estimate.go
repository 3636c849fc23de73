package pages

import "github.com/marketbrewer/marketbrewer/core/job"

var (
	_ job.Estimator = (*Plan)(nil)
	_ job.Measurer  = (*Plan)(nil)
)

// Estimate sums the bounds of every page's first and dearest attempt, without making the prompts: a prompt's size is that
// of the fixed text, the row and the column, each looked at once.
func (p *Plan) Estimate() job.Estimate {
	total := job.Estimate{Model: p.input.Model}
	for _, language := range p.input.Languages {
		s := p.sheets[language]
		fixed := len(s.system) + len(schema) + s.sizes(perSheet, nil, nil)
		var rows, columns tally
		for i := range p.rows {
			if p.rows[i].language == language {
				rows.add(s.sizes(perRow, &p.rows[i], nil))
			}
		}
		if rows.n == 0 {
			continue
		}
		for i := range p.columns {
			columns.add(fixed + s.sizes(perColumn, nil, &p.columns[i]))
		}
		total = s.addTo(total, rows, columns)
	}
	return total
}

// tally sums sizes and counts the odd ones, which rounding half of a sum needs to know.
type tally struct{ n, sum, odd, largest int64 }

func (t *tally) add(size int) {
	t.n++
	t.sum += int64(size)
	t.odd += int64(size & 1)
	t.largest = max(t.largest, int64(size))
}

// addTo adds the pages of all pairs of a row and a column.
func (s *sheet) addTo(e job.Estimate, rows, columns tally) job.Estimate {
	pages := rows.n * columns.n
	bytes := rows.sum*columns.n + columns.sum*rows.n
	odd := rows.odd*(columns.n-columns.odd) + (rows.n-rows.odd)*columns.odd
	bound := (bytes+odd)/2 + pages*boundTokens
	words := s.template.Words + extraWords
	part := job.Part{
		Template: s.name, Tasks: pages, Bytes: bytes, Prefix: int64(len(s.system) + len(schema)),
		OutputExpected: pages * int64(likelyTokens(words, s.language)+overheadTokens),
		OutputP95:      pages * int64(likelyTokens(words*5/4, s.language)+overheadTokens),
	}
	e.Parts = append(e.Parts, part)
	e.InputBound += bound
	e.InputBoundMost += bound + pages*maxCorrection/2
	e.InputExpected += bytes * 2 / 5
	e.InputMax = max(e.InputMax, inputBound(int(rows.largest+columns.largest)+maxCorrection))
	e.OutputBound += pages * int64(s.tokens)
	e.OutputBoundMost += pages * int64(s.mostTokens())
	e.OutputExpected += part.OutputExpected
	e.OutputP95 += part.OutputP95
	return e
}

// Measure names the template of a page's request and says the size of its first attempt in bytes, without making it.
func (p *Plan) Measure(ordinal int) (template string, bytes int64) {
	r, c := p.at(ordinal)
	s := p.sheets[r.language]
	size := len(s.system) + len(schema)
	for i := range s.pieces {
		size += s.pieces[i].size(r, c)
	}
	return s.name, int64(size)
}
