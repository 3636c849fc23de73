package gate

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/marketbrewer/marketbrewer/apps/internal/covergate/measure"
)

// Print writes the table and then each breach with the functions to begin with.
func (v *Verdict) Print(w io.Writer) error {
	var text bytes.Buffer
	v.printTable(&text)
	for _, breach := range v.Breaches {
		breach.print(&text)
	}
	_, err := text.WriteTo(w)
	return err
}

func (v *Verdict) printTable(text *bytes.Buffer) {
	rows := append([]Row(nil), v.Folders...)
	for _, layer := range v.Layers {
		rows = append(rows, Row{Name: "layer " + layer.Name, Counts: layer.Counts})
	}
	rows = append(rows, v.Total)
	width := len("folder")
	for _, row := range rows {
		width = max(width, len(row.Name))
	}
	fmt.Fprintf(text, "%-*s %22s %22s %22s\n", width, "folder", "statements", "branches", "functions")
	for _, row := range rows {
		fmt.Fprintf(text, "%-*s", width, row.Name)
		for _, m := range metrics {
			count := m.count(row.Counts)
			fmt.Fprintf(text, " %9s %12s", percent(count), fmt.Sprintf("%d/%d", count.Run, count.All))
		}
		fmt.Fprintln(text)
	}
}

func (b Breach) print(text *bytes.Buffer) {
	fmt.Fprintf(text, "\nFAIL %s: %s %s, below %g %%: %d more must run\n", b.Scope, b.Metric, percent(b.Got), b.Want, b.Needed())
	table := tabwriter.NewWriter(text, 0, 0, 2, ' ', 0)
	for _, f := range b.Worst {
		fmt.Fprintf(table, "  %s:%d\t%s\tstatements %d/%d\tbranches %d/%d\n", f.File, f.Line, f.Name,
			f.Statements.Run, f.Statements.All, f.Branches.Run, f.Branches.All)
	}
	_ = table.Flush() // into memory, which takes everything
}

// percent rounds down, so that no figure reads as a threshold that it missed.
func percent(c measure.Count) string {
	return fmt.Sprintf("%.1f %%", math.Floor(c.Percent()*10)/10)
}
