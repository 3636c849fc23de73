package catalogfile

import (
	"bytes"
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// RowStatus is what became of a row.
type RowStatus string

// The statuses of a row.
const (
	// RowCreated: the row is in the catalog now.
	RowCreated RowStatus = "created"
	// RowDuplicate: the catalog has it already; nothing to do.
	RowDuplicate RowStatus = "duplicate"
	// RowFailed: the row breaks a rule; its message says which.
	RowFailed RowStatus = "error"
)

// Row is what became of one row of a CSV file.
type Row struct {
	// File is the CSV file's name as it was given; Line the line on which the row begins, the header being line 1.
	File string
	Line int
	// Status and Message say what happened; Message is one line and never empty.
	Status  RowStatus
	Message string
}

// String is the row in one line, for example "keywords.csv: row 7: created: drain cleaning".
func (r Row) String() string {
	return fmt.Sprintf("%s: row %d: %s: %s", r.File, r.Line, r.Status, r.Message)
}

// Result is what an import did.
type Result struct {
	// Rows has one entry per row, in the order of the files, keywords first.
	Rows []Row
	// Created, Duplicates and Failed count the rows by status. The catalog file was written if and only if Created > 0.
	Created, Duplicates, Failed int
}

func (r *Result) add(row Row) {
	r.Rows = append(r.Rows, row)
	switch row.Status {
	case RowCreated:
		r.Created++
	case RowDuplicate:
		r.Duplicates++
	default:
		r.Failed++
	}
}

// Import adds the rows of CSV files to a catalog file. Either CSV path may be empty, not both. Rows that break a rule or
// are there already are left out and never stop the others. The catalog file is replaced in one step, with everything else
// in it, comments included, as it was; when no row is new it is not touched. The error is fault.Invalid: Problems of the
// catalog file, or a CSV file that cannot be read or whose header is wrong. Nothing has been written then.
func Import(keywordsCSV, areasCSV, into string) (Result, error) {
	if keywordsCSV == "" && areasCSV == "" {
		return Result{}, fault.New(fault.Invalid, "nothing to import: name a CSV file of keywords, of areas or both")
	}
	keywords, err := optionalTable(keywordsCSV, keywordColumns)
	if err != nil {
		return Result{}, err
	}
	areas, err := optionalTable(areasCSV, areaColumns)
	if err != nil {
		return Result{}, err
	}
	c, s, problems := load(into)
	if len(problems) > 0 {
		return Result{}, problems
	}
	im := newImporter(c)
	result := Result{}
	for _, r := range keywords {
		result.add(im.row(keywordsCSV, r, im.keyword))
	}
	for _, r := range areas {
		result.add(im.row(areasCSV, r, im.area))
	}
	if result.Created == 0 {
		return result, nil
	}
	if err := im.write(s); err != nil {
		return Result{}, err
	}
	return result, nil
}

func optionalTable(path string, want columns) ([]record, error) {
	if path == "" {
		return nil, nil
	}
	return readTable(path, want)
}

// importer is a catalog with what has been added to it.
type importer struct {
	// catalog is what the file must read as once it has been written.
	catalog  catalog.Catalog
	keywords map[catalog.Language]*keywordIndex
	areas    map[string]bool
	ids      struct{ keywords, areas map[string]bool }
	// newKeywords and newAreas are the entries as they stand in the file.
	newKeywords, newAreas []entry
}

func newImporter(c catalog.Catalog) *importer {
	im := &importer{catalog: c, keywords: map[catalog.Language]*keywordIndex{}, areas: map[string]bool{}}
	im.ids.keywords, im.ids.areas = map[string]bool{}, map[string]bool{}
	for _, language := range catalog.Languages() {
		im.keywords[language] = &keywordIndex{slugs: map[string]string{}, texts: map[string]string{}}
	}
	for _, k := range c.Keywords {
		im.know(k)
	}
	for _, a := range c.ServiceAreas {
		im.areas[a.Slug], im.ids.areas[a.ID] = true, true
	}
	return im
}

// row applies one row to the catalog.
func (im *importer) row(file string, r record, apply func(map[string]string) (RowStatus, string)) Row {
	row := Row{File: file, Line: r.line, Status: RowFailed, Message: r.problem}
	if r.problem == "" {
		row.Status, row.Message = apply(r.cells)
	}
	row.Message = oneLine(row.Message)
	return row
}

// write puts the new entries into the file, provided that it then reads as the catalog that is expected.
func (im *importer) write(s source) error {
	want := canonical(im.catalog)
	for _, edit := range []func(source) (source, error){im.insert, im.rewrite} {
		edited, err := edit(s)
		if err != nil {
			return err
		}
		c, problems := edited.catalog()
		if len(problems) == 0 && bytes.Equal(canonical(c), want) && len(edited.data) <= maxSize {
			return replaceFile(s, edited)
		}
	}
	return fault.New(fault.Invalid, "%s cannot be edited without changing more of it: write keywords and service_areas as lists with one entry per line", s.path)
}
