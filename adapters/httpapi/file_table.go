package httpapi

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
)

// ExportFormat is the parameter of every export.
type ExportFormat struct {
	Format string `query:"format" enum:"ndjson,csv" default:"ndjson"`
}

const (
	ndjsonType = "application/x-ndjson"
	csvType    = "text/csv"
)

// table writes rows as NDJSON, or as CSV.
type table struct {
	csv  *csv.Writer
	json *json.Encoder
}

// newTable begins one, with the columns as the head of a CSV unless there are none.
func newTable(format string, columns []string, out io.Writer) *table {
	t := &table{}
	if format == "csv" {
		t.csv = csv.NewWriter(out)
		if len(columns) > 0 {
			_ = t.csv.Write(columns) // what cannot be written shows with the rows
		}
		return t
	}
	t.json = json.NewEncoder(out)
	t.json.SetEscapeHTML(false)
	return t
}

func (t *table) row(v any, cells ...string) error {
	if t.csv == nil {
		return t.json.Encode(v)
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	return t.csv.Write(cells)
}

// flush hands on what is held back.
func (t *table) flush() {
	if t.csv != nil {
		t.csv.Flush()
	}
}

// harmless is a cell that no spreadsheet takes for a formula.
func harmless(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}
