package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/catalogfile"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// newCatalog holds the commands about catalog files.
func newCatalog(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "Check catalog files, add rows to them, describe them to editors",
		Long: `A catalog file (YAML or JSON) is everything that the pages of a business are made from: business, questionnaire,
hours, social_links, services, keywords, service_areas, locations, prompt_templates.`,
		Example: `  mb catalog check bakery.yaml
  mb catalog import --keywords keywords.csv --areas towns.csv --into bakery.yaml
  mb catalog schema > catalog.schema.json`,
	}
	group(cmd)
	cmd.AddCommand(newCatalogCheck(a), newCatalogImport(a), newCatalogSchema(a))
	return cmd
}

func newCatalogCheck(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "List all that is wrong with a catalog file, by line and column",
		Long: `List everything that is wrong with a catalog file at once, one line each: file, line, column, the value's
place, and what to change. Exit code 1 means that there are problems.`,
		Example: `  mb catalog check bakery.yaml`,
		Args:    takes("FILE"),
		RunE:    func(_ *cobra.Command, args []string) error { return a.checkCatalog(args[0]) },
	}
}

func (a *app) checkCatalog(path string) error {
	c, err := catalogfile.Check(path, sysclock.Clock{}.Now().Year())
	var problems catalogfile.Problems
	switch {
	case err == nil:
		return printed(fmt.Fprint(a.stdout, described(path, c)))
	case !errors.As(err, &problems) || unread(problems):
		return err
	}
	if err := printed(fmt.Fprintln(a.stdout, strings.Join(problems.Lines(), "\n"))); err != nil {
		return err
	}
	a.note("%s: %s", path, counted(len(problems), "problem"))
	return outcome(exitFailed)
}

// unread reports whether the file itself could not be had: it is then not the catalog that has a problem.
func unread(problems catalogfile.Problems) bool {
	return len(problems) == 1 && problems[0].Line == 0 && problems[0].Path == ""
}

// described says what a catalog without problems holds.
func described(path string, c catalog.Catalog) string {
	spanish := 0
	for _, k := range c.Keywords {
		if k.Language == catalog.Spanish {
			spanish++
		}
	}
	score := catalog.Completeness(c).Score
	text := fmt.Sprintf("%s: no problems\n  %s (%s): %s (%d Spanish), %s, %s, %s\n  completeness %d of 100",
		path, c.Business.Name, c.Business.ID, counted(len(c.Keywords), "keyword"), spanish, counted(len(c.Services), "service"),
		counted(len(c.ServiceAreas), "service area"), counted(len(c.Locations), "location"), score)
	if score < catalog.Gate {
		text += fmt.Sprintf(", %d are needed: generate will say what is missing", catalog.Gate)
	}
	return text + "\n"
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return screen.Number(n) + " " + word + "s"
}

// catalogImport adds rows of CSV files to a catalog file.
type catalogImport struct {
	*app
	keywords, areas, into string
}

func newCatalogImport(a *app) *cobra.Command {
	i := &catalogImport{app: a}
	cmd := &cobra.Command{
		Use:   "import [--keywords CSV] [--areas CSV] --into FILE",
		Short: "Add keywords and service areas from CSV files to a catalog file",
		Long: `Add the rows of CSV files to a catalog file, which keeps everything else, comments included. The first line of
a file names its columns: keyword,language,keyword_es,search_intent and city,state,county,country,priority;
only keyword, and city and state, are required. One line is printed for each row; a row that breaks
a rule, or is there already, stops no other. Exit code 1 means that rows were left out for an error.`,
		Example: `  mb catalog import --keywords keywords.csv --into bakery.yaml
  mb catalog import --keywords keywords.csv --areas towns.csv --into bakery.yaml`,
		Args: takes(),
		RunE: func(*cobra.Command, []string) error { return i.run() },
	}
	section(cmd, "Files", func(flags *pflag.FlagSet) {
		flags.StringVar(&i.keywords, "keywords", "", "`CSV` file of keywords")
		flags.StringVar(&i.areas, "areas", "", "`CSV` file of service areas")
		flags.StringVar(&i.into, "into", "", "catalog `FILE` to add the rows to (required)")
	})
	return cmd
}

func (i *catalogImport) run() error {
	switch {
	case i.into == "":
		return invalid("--into is missing: name the catalog file to add the rows to")
	case i.keywords == "" && i.areas == "":
		return invalid("nothing to import: name a file with --keywords or --areas, or both")
	}
	done, err := catalogfile.Import(i.keywords, i.areas, i.into)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, row := range done.Rows {
		fmt.Fprintf(&b, "%s:%d: %s", row.File, row.Line, row.Status)
		if row.Message != "" {
			fmt.Fprintf(&b, ": %s", row.Message)
		}
		b.WriteString("\n")
	}
	if err := printed(fmt.Fprint(i.stdout, b.String())); err != nil {
		return err
	}
	i.note("%s: %s created, %s there already, %s with an error", i.into, screen.Number(done.Created), screen.Number(done.Duplicates), screen.Number(done.Failed))
	if done.Failed > 0 {
		return outcome(exitFailed)
	}
	return nil
}

func newCatalogSchema(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the JSON Schema of catalog files, for editors",
		Example: `  mb catalog schema > catalog.schema.json`,
		Args:    takes(),
		RunE:    func(*cobra.Command, []string) error { return printed(a.stdout.Write(catalogfile.Schema())) },
	}
}
