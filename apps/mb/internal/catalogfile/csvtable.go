package catalogfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxCSV is the largest CSV file in bytes, maxRows the most rows that one may have.
	maxCSV  = 1 << 20
	maxRows = 10_000
	// maxBroken is after how many rows with broken quotes a file is given up: each costs another look at what follows.
	maxBroken = 100
)

// columns are the headers that a CSV file may have.
type columns struct{ required, optional []string }

func (c columns) all() []string { return slices.Concat(c.required, c.optional) }

var (
	keywordColumns = columns{required: []string{"keyword"}, optional: []string{"language", "keyword_es", "search_intent"}}
	areaColumns    = columns{required: []string{"city", "state"}, optional: []string{"county", "country", "priority"}}
)

// record is one row of a CSV file.
type record struct {
	line int
	// cells are the row's values by header; problem says what is wrong with the row as such, then there are none.
	cells   map[string]string
	problem string
}

// readTable reads a CSV file whose first row names the columns, in any order.
func readTable(path string, want columns) ([]record, error) {
	fail := func(format string, args ...any) ([]record, error) {
		return nil, Problems{{File: path, Message: fmt.Sprintf(format, args...)}}
	}
	data, err := readFile(path, maxCSV)
	if err != nil {
		return fail("%s", err)
	}
	data = bytes.TrimPrefix(data, []byte(byteOrderMark))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return fail("this is UTF-16; save the file as CSV in UTF-8")
	}
	lines := splitCSV(data)
	if len(lines) == 0 {
		return fail("the file is empty; the first row must name the columns %s", strings.Join(want.all(), ","))
	}
	header, problem := readHeader(lines[0], want)
	if problem != "" {
		return nil, Problems{{File: path, Line: lines[0].line, Column: 1, Message: problem}}
	}
	rows := withoutBlankEnd(lines[1:])
	if len(rows) > maxRows {
		return fail("%d rows; import at most %d at a time", len(rows), maxRows)
	}
	records := make([]record, len(rows))
	for i, row := range rows {
		records[i] = row.record(header)
	}
	return records, nil
}

// csvRow is a row before its cells have names.
type csvRow struct {
	line    int
	fields  []string
	problem string
}

// splitCSV reads the rows of a file by RFC 4180. A row with broken quotes is read as ending with its line, so that the
// rows after it are not lost in it.
func splitCSV(data []byte) []csvRow {
	var rows []csvRow
	first, broken := 1, 0
	for {
		r := csv.NewReader(bytes.NewReader(data))
		r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
		bad := 0
		for bad == 0 {
			fields, err := r.Read()
			var wrong *csv.ParseError
			switch {
			case errors.Is(err, io.EOF):
				return rows
			case errors.As(err, &wrong):
				bad = wrong.StartLine
			default:
				line, _ := r.FieldPos(0)
				rows = append(rows, csvRow{line: first + line - 1, fields: fields})
			}
		}
		row := csvRow{line: first + bad - 1, problem: `a double quote is not closed or not doubled; write a quote inside of a quoted text as ""`}
		if broken++; broken == maxBroken {
			row.problem += "; this is the " + fmt.Sprint(maxBroken) + "th such row, the rest of the file has not been read"
			return append(rows, row)
		}
		rows = append(rows, row)
		data = afterLines(data, bad)
		first += bad
	}
}

// afterLines is what follows the first n lines.
func afterLines(data []byte, n int) []byte {
	for range n {
		_, data, _ = bytes.Cut(data, []byte("\n"))
	}
	return data
}

// withoutBlankEnd leaves out the rows of nothing but commas that spreadsheets write after the last one.
func withoutBlankEnd(rows []csvRow) []csvRow {
	for len(rows) > 0 && rows[len(rows)-1].blank() {
		rows = rows[:len(rows)-1]
	}
	return rows
}

func (r csvRow) blank() bool {
	return r.problem == "" && strings.TrimSpace(strings.Join(r.fields, "")) == ""
}

// readHeader checks the names of the columns.
func readHeader(row csvRow, want columns) (header []string, problem string) {
	if row.problem != "" {
		return nil, row.problem
	}
	for _, field := range row.fields {
		name := strings.ToLower(strings.TrimSpace(field))
		switch {
		case slices.Contains(header, name):
			return nil, fmt.Sprintf("the column %q is there twice; remove one", shown(name))
		case !slices.Contains(want.all(), name):
			return nil, fmt.Sprintf("unknown column %q; the columns are %s%s", shown(name), strings.Join(want.all(), ","), separatorHint(field))
		}
		header = append(header, name)
	}
	for _, name := range want.required {
		if !slices.Contains(header, name) {
			return nil, fmt.Sprintf("the column %s is missing; the first row must name it", name)
		}
	}
	return header, ""
}

// separatorHint is for files of spreadsheets that do not separate by commas.
func separatorHint(field string) string {
	for _, separator := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}} {
		if strings.Contains(field, separator.mark) {
			return "; this file separates by " + separator.name + ", save it separated by commas"
		}
	}
	return ""
}

// record gives the row's cells their names.
func (r csvRow) record(header []string) record {
	out := record{line: r.line, problem: r.problem}
	if out.problem != "" {
		return out
	}
	if len(r.fields) != len(header) {
		out.problem = fmt.Sprintf("%d cells where the header has %d; put a text with a comma in quotes, and leave no comma out", len(r.fields), len(header))
		return out
	}
	out.cells = make(map[string]string, len(header))
	for i, name := range header {
		if !utf8.ValidString(r.fields[i]) {
			return record{line: r.line, problem: name + ": not valid UTF-8; save the file as CSV in UTF-8"}
		}
		out.cells[name] = r.fields[i]
	}
	return out
}
