package pages

import "strings"

// MaxPrompt is the most bytes that a rendered prompt may have, the text before it included.
const MaxPrompt = 64 << 10

// render writes the prompt of a page.
func (s *sheet) render(r *row, c *column, extra string) string {
	size := len(extra)
	for i := range s.pieces {
		size += s.pieces[i].size(r, c)
	}
	var b strings.Builder
	b.Grow(size)
	for i := range s.pieces {
		s.pieces[i].write(&b, r, c)
	}
	b.WriteString(extra)
	return b.String()
}

// value is what a piece that is no fixed text stands for.
func (p *piece) value(r *row, c *column) string {
	if p.scope == perRow {
		return r.values[p.slot]
	}
	return c.values[p.slot]
}

// size is the number of bytes that write adds. Only the row or the column that the piece depends on is looked at.
func (p *piece) size(r *row, c *column) int {
	if p.scope == perSheet {
		return len(p.text)
	}
	value := p.value(r, c)
	switch {
	case !p.line:
		return len(orNotProvided(value))
	case value == "":
		return 0
	}
	return len(p.text) + len(": ") + len(value) + len("\n")
}

func (p *piece) write(b *strings.Builder, r *row, c *column) {
	if p.scope == perSheet {
		b.WriteString(p.text)
		return
	}
	value := p.value(r, c)
	switch {
	case !p.line:
		b.WriteString(orNotProvided(value))
	case value != "":
		b.WriteString(p.text)
		b.WriteString(": ")
		b.WriteString(value)
		b.WriteByte('\n')
	}
}

// sizes sums the bytes of the pieces of one scope: of a row, of a column, or of the fixed text.
func (s *sheet) sizes(of scope, r *row, c *column) (sum int) {
	for i := range s.pieces {
		if s.pieces[i].scope == of {
			sum += s.pieces[i].size(r, c)
		}
	}
	return sum
}
