package pages

import "github.com/marketbrewer/marketbrewer/core/catalog"

// Sample opens a plan of one page, the first that Build would make, to look at its prompt. Where the catalog has no keyword, service, area
// or location for it, one without values stands in, unless the selection names some: what is missing Rendered shows. Nothing is made of it.
func Sample(c catalog.Catalog, o Options) (*Plan, error) {
	in, _, err := prepare(c, o)
	if err != nil {
		return nil, err
	}
	return openAs(in.encode(), true)
}

// sampled leaves one row and one column.
func (p *Plan) sampled() {
	if s := p.input.Selection; len(p.rows) == 0 && len(s.KeywordIDs)+len(s.ServiceIDs) == 0 {
		p.rows = []row{{language: p.input.Languages[0]}}
	}
	if s := p.input.Selection; len(p.columns) == 0 && len(s.ServiceAreaIDs)+len(s.LocationIDs) == 0 {
		p.columns = []column{{}}
	}
	p.rows, p.columns = p.rows[:min(1, len(p.rows))], p.columns[:min(1, len(p.columns))]
}
