package backoffice

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// maxBroken is after how many rows with broken quotes a file is given up: each costs another look at what follows.
const maxBroken = 100

// column is one column of a sheet: its name, the names that older sheets have for it, and where its cells go. Set returns what is
// wrong with a cell, empty for nothing.
type column[T any] struct {
	name     string
	old      []string
	required bool
	set      func(v *T, cell string) string
}

// ParseBulkServices reads a CSV (text/csv) or TSV (text/tab-separated-values) file with a header row, by RFC 4180. A row that
// cannot be read is given with its problems; the error, catalog.Problems, is for a file that cannot be read as such.
func ParseBulkServices(contentType string, data []byte) ([]BulkInput[catalog.Service], error) {
	return parseSheet(contentType, data, serviceColumns())
}

// ParseBulkKeywords is ParseBulkServices for keywords.
func ParseBulkKeywords(contentType string, data []byte) ([]BulkInput[catalog.Keyword], error) {
	return parseSheet(contentType, data, keywordColumns())
}

// ParseBulkServiceAreas is ParseBulkServices for service areas.
func ParseBulkServiceAreas(contentType string, data []byte) ([]BulkInput[catalog.ServiceArea], error) {
	return parseSheet(contentType, data, areaColumns())
}

// ParseBulkLocations is ParseBulkServices for locations.
func ParseBulkLocations(contentType string, data []byte) ([]BulkInput[catalog.Location], error) {
	return parseSheet(contentType, data, locationColumns())
}

// unreadable is the error of a file as such.
func unreadable(code, format string, args ...any) error {
	return catalog.Problems{{Code: code, Message: fmt.Sprintf(format, args...)}}
}

func parseSheet[T any](contentType string, data []byte, columns []column[T]) ([]BulkInput[T], error) {
	comma, err := separator(contentType)
	if err != nil {
		return nil, err
	}
	if len(data) > MaxBulkBytes {
		return nil, unreadable(catalog.CodeTooLong, "the file is larger than 1 MiB; send it in parts")
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, unreadable(catalog.CodeInvalid, "the file is UTF-16; save it as UTF-8")
	}
	lines := splitSheet(data, comma)
	if len(lines) == 0 {
		return nil, unreadable(catalog.CodeRequired, "the file is empty; its first row must name the columns")
	}
	header, err := readHeader(lines[0], columns)
	if err != nil {
		return nil, err
	}
	lines = withoutBlankEnd(lines[1:])
	if len(lines) > MaxBulkRows {
		return nil, unreadable(catalog.CodeTooMany, "%d rows; send at most %d at a time", len(lines), MaxBulkRows)
	}
	rows := make([]BulkInput[T], len(lines))
	for i, line := range lines {
		rows[i] = readRow(line, header)
	}
	return rows, nil
}

func separator(contentType string) (rune, error) {
	kind, _, err := mime.ParseMediaType(contentType)
	switch {
	case err == nil && kind == "text/csv":
		return ',', nil
	case err == nil && kind == "text/tab-separated-values":
		return '\t', nil
	}
	return 0, unreadable(catalog.CodeNotAllowed, "a file is text/csv or text/tab-separated-values")
}

// line is a row before its cells have names; broken says what is wrong with it as such.
type line struct {
	cells  []string
	broken string
}

func (l line) blank() bool {
	return l.broken == "" && strings.TrimSpace(strings.Join(l.cells, "")) == ""
}

// splitSheet reads the rows of a file. One with broken quotes is read as ending with its line, so that those after it are not
// lost in it.
func splitSheet(data []byte, comma rune) (lines []line) {
	for broken := 1; ; broken++ {
		r := csv.NewReader(bytes.NewReader(data))
		// A blank after a tab may be all that a cell has; one after a comma is most often a habit.
		r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = comma, -1, comma == ','
		good, bad := readLines(r)
		lines = append(lines, good...)
		if bad == 0 {
			return lines
		}
		told := line{broken: `a double quote is not closed or not doubled; write a quote inside of a quoted text as ""`}
		if broken == maxBroken {
			told.broken += "; there are too many such rows, the rest of the file has not been read"
			return append(lines, told)
		}
		lines = append(lines, told)
		data = afterLines(data, bad)
	}
}

// readLines reads up to the first row with broken quotes and returns the number of the text's line in which that begins, 0 for
// none.
func readLines(r *csv.Reader) (lines []line, bad int) {
	for {
		cells, err := r.Read()
		var wrong *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return lines, 0
		case errors.As(err, &wrong):
			return lines, wrong.StartLine
		}
		lines = append(lines, line{cells: cells})
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
func withoutBlankEnd(lines []line) []line {
	for len(lines) > 0 && lines[len(lines)-1].blank() {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// headerName is a header as columns are named: "Zip Code" is zip_code.
func headerName(cell string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(strings.TrimSpace(cell)))
}

// readHeader finds the column of each cell. A header that is none is not repeated: it may be a value of a file without headers.
func readHeader[T any](l line, columns []column[T]) (header []column[T], err error) {
	if l.broken != "" {
		return nil, unreadable(catalog.CodeInvalid, "the first row, which names the columns: %s", l.broken)
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	seen := map[string]bool{}
	for i, cell := range l.cells {
		name := headerName(cell)
		at := slices.IndexFunc(columns, func(c column[T]) bool { return c.name == name || slices.Contains(c.old, name) })
		switch {
		case at < 0:
			return nil, unreadable(catalog.CodeNotAllowed, "column %d has an unknown name; the columns are %s%s", i+1, strings.Join(names, ", "), separatorHint(cell))
		case seen[columns[at].name]:
			return nil, unreadable(catalog.CodeDuplicate, "the column %s is there twice; remove one", columns[at].name)
		}
		seen[columns[at].name] = true
		header = append(header, columns[at])
	}
	for _, c := range columns {
		if c.required && !seen[c.name] {
			return nil, unreadable(catalog.CodeRequired, "the column %s is missing; the first row must name it", c.name)
		}
	}
	return header, nil
}

// separatorHint is for files that separate by something else than they say.
func separatorHint(cell string) string {
	if strings.ContainsAny(cell, ";\t,") {
		return "; separate the cells as the content type says: by commas, or by tabs"
	}
	return ""
}

// readRow fills in one row.
func readRow[T any](l line, header []column[T]) (row BulkInput[T]) {
	if l.broken != "" {
		row.Problems = catalog.Problems{{Code: catalog.CodeInvalid, Message: l.broken}}
		return row
	}
	if len(l.cells) != len(header) {
		row.Problems = catalog.Problems{{
			Code: catalog.CodeInvalid, Message: fmt.Sprintf("%d cells where the header has %d; put a text with a separator in quotes, and leave none out", len(l.cells), len(header)),
		}}
		return row
	}
	for i, c := range header {
		wrong := "this is not UTF-8; save the file as UTF-8"
		if utf8.ValidString(l.cells[i]) {
			wrong = c.set(&row.Value, strings.TrimSpace(l.cells[i]))
		}
		if wrong != "" {
			row.Problems = append(row.Problems, catalog.Problem{Path: "/" + c.name, Code: catalog.CodeInvalid, Message: wrong})
		}
	}
	return row
}
