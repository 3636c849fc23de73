package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// sectionKey is the annotation of a flag that names its section in the help.
const sectionKey = "section"

// section puts flags, given to define, under a title of the help.
func section(cmd *cobra.Command, title string, define func(*pflag.FlagSet)) {
	flags := pflag.NewFlagSet(title, pflag.ContinueOnError)
	flags.SortFlags = false
	define(flags)
	flags.VisitAll(func(f *pflag.Flag) {
		f.Annotations = map[string][]string{sectionKey: {title}}
	})
	cmd.Flags().SortFlags = false
	cmd.Flags().AddFlagSet(flags)
}

// help writes a command's help: what it is for, how it is used, examples, its commands, its flags by section.
func (a *app) help(cmd *cobra.Command, _ []string) {
	w := cmd.OutOrStdout()
	about := cmd.Long
	if about == "" {
		about = cmd.Short + "."
	}
	fmt.Fprintf(w, "%s\n\nUsage:\n", wrapped(about, a.columns()))
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "  %s COMMAND\n", cmd.CommandPath())
	} else {
		fmt.Fprintf(w, "  %s\n", cmd.UseLine())
	}
	if cmd.HasExample() {
		fmt.Fprintf(w, "\nExamples:\n%s\n", cmd.Example)
	}
	commands(w, cmd)
	sections(w, cmd, a.columns())
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "\n%s COMMAND --help tells more about a command.\n", cmd.CommandPath())
	}
}

// columns is how wide a help page is.
func (a *app) columns() int {
	const narrowest, widest, usual = 60, 120, 100
	if columns := a.width(); columns > 0 {
		return min(max(columns, narrowest), widest)
	}
	return usual
}

// wrapped sets paragraphs, which are split by blank lines, in lines of at most so many columns.
func wrapped(text string, columns int) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		var b strings.Builder
		at := 0
		for _, word := range strings.Fields(paragraph) {
			switch {
			case at > 0 && at+1+len(word) > columns:
				b.WriteByte('\n')
				at = 0
			case at > 0:
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += len(word)
		}
		paragraphs[i] = b.String()
	}
	return strings.Join(paragraphs, "\n\n")
}

func commands(w io.Writer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	fmt.Fprint(w, "\nCommands:\n")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintf(w, "  %-*s  %s\n", cmd.NamePadding(), sub.Name(), sub.Short)
		}
	}
}

// sections writes the flags, section by section in the order of their definition; what has none comes last.
func sections(w io.Writer, cmd *cobra.Command, columns int) {
	const last = "Help"
	cmd.InitDefaultHelpFlag()
	bySection := map[string]*pflag.FlagSet{}
	var titles []string
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		title := last
		if named := f.Annotations[sectionKey]; len(named) > 0 {
			title = named[0]
		}
		if bySection[title] == nil {
			bySection[title] = pflag.NewFlagSet(title, pflag.ContinueOnError)
			bySection[title].SortFlags = false
			titles = append(titles, title)
		}
		bySection[title].AddFlag(f)
	})
	if i := slices.Index(titles, last); i >= 0 {
		titles = append(slices.Delete(titles, i, i+1), last)
	}
	for _, title := range titles {
		fmt.Fprintf(w, "\n%s:\n%s\n", title, strings.TrimRight(bySection[title].FlagUsagesWrapped(columns), "\n"))
	}
}
