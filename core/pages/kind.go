// Package pages is MarketBrewer's kind of job: every keyword or service of a business times every city or store gives
// one page, written by a model and judged by rules.
//
// Build turns a catalog and a choice into a job's input, with every check that can be made before money is spent. Open
// turns an input into a Plan, which knows each page by its number alone: its path, its prompt, and whether an answer is
// a page. Preview, forecast, creation and work all use the same Plan. The package is pure; what a page's file or HTML
// looks like belongs to the programs.
package pages

import "github.com/marketbrewer/marketbrewer/core/job"

// Kind is the kind of job that makes pages. Its zero value is ready for use.
type Kind struct{}

var _ job.Kind = Kind{}

// The name of the kind, and its version: raised whenever a stored input would give other requests or judgements.
const (
	kindName    = "pages"
	kindVersion = 3
)

// Name is "pages".
func (Kind) Name() string { return kindName }

// Version is raised with every change of what a stored job's requests or judgements come to.
func (Kind) Version() int { return kindVersion }

// Open is the function Open as the engine calls it.
func (Kind) Open(input []byte) (job.Plan, error) {
	plan, err := Open(input)
	if err != nil {
		return nil, err
	}
	return plan, nil
}
