package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// What LabelSelection says: all rows and columns, or a part of them.
const (
	choiceAll  = "all"
	choicePart = "part"
)

// Choice is which pages an order asked for.
type Choice struct {
	Upcoming  bool
	Selection pages.Selection
}

// labelled puts the choice on a job, as far as a label can hold it.
func labelled(made map[string]string, plan *pages.Plan) {
	made[LabelSelection] = choicePart
	if s := plan.Selection(); len(s.KeywordIDs)+len(s.ServiceIDs)+len(s.ServiceAreaIDs)+len(s.LocationIDs) == 0 {
		made[LabelSelection] = choiceAll
	}
	if plan.IncludesUpcoming() {
		made[LabelUpcoming] = "true"
	}
}

// ChoiceOf is what the job's labels say of its choice, for lists: the ids of a selection they do not have. Known is false
// when they do not say all.
func ChoiceOf(one *job.Job) (c Choice, known bool) {
	return Choice{Upcoming: one.Labels[LabelUpcoming] == "true"}, one.Labels[LabelSelection] == choiceAll
}

// Choice is which pages the job was asked for, from its input where the labels do not say all. Of a job whose input cannot
// be opened it is what the labels say.
func (j *Jobs) Choice(ctx context.Context, one *job.Job) Choice {
	c, known := ChoiceOf(one)
	if known {
		return c
	}
	plan, err := j.plan(ctx, one.ID)
	if err != nil {
		return c
	}
	return Choice{plan.IncludesUpcoming(), plan.Selection()}
}
