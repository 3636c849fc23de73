package pages

import (
	"maps"
	"slices"
	"unicode/utf8"
)

// checkSizes refuses values and prompts that are too long. It looks at each row and column once.
func (p *Plan) checkSizes() error {
	for _, language := range p.input.Languages {
		values := p.sheets[language].values
		for _, name := range slices.Sorted(maps.Keys(values)) {
			if utf8.RuneCountInString(values[name]) > maxValue {
				return tooLong(name, values[name])
			}
		}
	}
	for i := range p.rows {
		if err := valuesFit(perRow, p.rows[i].values); err != nil {
			return err
		}
	}
	for i := range p.columns {
		if err := valuesFit(perColumn, p.columns[i].values); err != nil {
			return err
		}
	}
	for _, language := range p.input.Languages {
		if size := p.longest(p.sheets[language]); size > MaxPrompt {
			return invalid("the longest prompt in %s has %d bytes with what stands before it; it has at most %d, shorten the template or the values",
				language, size, MaxPrompt)
		}
	}
	return nil
}

func valuesFit(s scope, values []string) error {
	for i, value := range values {
		if len(value) > maxValue && utf8.RuneCountInString(value) > maxValue {
			return tooLong(names(s)[i], value)
		}
	}
	return nil
}

func tooLong(name, value string) error {
	return invalid("the value of %s has %d characters; a prompt takes at most %d, shorten it", name, utf8.RuneCountInString(value), maxValue)
}

// longest is the size of the longest request of a language without its schema, with room for a correction.
func (p *Plan) longest(s *sheet) int {
	row, column := -1, 0
	for i := range p.rows {
		if p.rows[i].language == s.language {
			row = max(row, s.sizes(perRow, &p.rows[i], nil))
		}
	}
	if row < 0 {
		return 0
	}
	for i := range p.columns {
		column = max(column, s.sizes(perColumn, nil, &p.columns[i]))
	}
	return len(s.system) + s.sizes(perSheet, nil, nil) + row + column + maxCorrection
}
