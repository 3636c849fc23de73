package backoffice

import (
	"context"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	// MaxExport is how many pages one Export looks at, exportStep how many of them it reads at once.
	MaxExport, exportStep = 1_000, 100
	// exportJobs is how many jobs it looks at.
	exportJobs = 50
)

// ExportQuery says which written pages are wanted: those of a job, or of all jobs of the business where Job is empty.
type ExportQuery struct {
	Business string
	Job      job.ID
	// Latest wants of the pages of all jobs that have the same path that of the newest job alone.
	Latest bool
	// Limit is how many pages, or with Latest paths, are looked at, written or not: 1 to MaxExport, 0 for as many.
	Limit int
}

// WrittenPage is a page with its content.
type WrittenPage struct {
	PageView
	Job     job.ID
	Content pages.Content
}

// Export gives written pages to do, from the place on that an earlier call has returned, until do says false or enough were looked at.
// It returns the place to go on at, which is that of the page to which do has said false, or "" at the end.
//
// Who walks by the places gets each page that has a content when its turn comes one time, with the newest accepted content: all that had
// one when the walk began, and some of those that got theirs since. The order is that of the jobs from the newest, and of the ordinals;
// jobs that begin later are not in it. With Latest it is that of the paths: whether a page is the newest of its path is decided in the one
// call that looks at the path, so that what is written meanwhile neither hides a path nor gives it twice. For that each call opens every
// job of the business. Pages whose content is not kept any more are left out.
//
// Errors: NotFound (no such job), Invalid (no such place), catalog.Problems (with Latest, more than 200 jobs have pages).
func (j *Jobs) Export(ctx context.Context, q ExportQuery, from string, do func(WrittenPage) bool) (next string, err error) {
	if q.Limit <= 0 || q.Limit > MaxExport {
		q.Limit = MaxExport
	}
	if q.Latest && q.Job == "" {
		return j.exportLatest(ctx, q, from, do)
	}
	at, err := readExportPlace(from)
	if err != nil {
		return "", err
	}
	if q.Job == "" {
		return j.exportAll(ctx, q, at, do)
	}
	one, err := j.Find(ctx, q.Business, q.Job)
	if err != nil {
		return "", err
	}
	ordinal, err := j.exportJob(ctx, one, at.ordinal, q.Limit, do)
	if err != nil || ordinal == NoMore {
		return "", err
	}
	return exportPlace{one.ID, ordinal}.String(), nil
}

// exportPlace is where a walk goes on, but for one by paths, whose place is the path.
type exportPlace struct {
	job     job.ID
	ordinal int
}

// String is the place's text.
func (p exportPlace) String() string { return string(p.job) + "/" + strconv.Itoa(p.ordinal) }

func readExportPlace(text string) (exportPlace, error) {
	if text == "" {
		return exportPlace{}, nil
	}
	id, number, _ := strings.Cut(text, "/")
	ordinal, err := strconv.ParseUint(number, 10, 31)
	if id == "" || err != nil {
		return exportPlace{}, fault.New(fault.Invalid, "export: this is no place to go on at")
	}
	return exportPlace{job.ID(id), int(ordinal)}, nil
}

// exportAll goes on at the job of the place, and then to the ones before it.
func (j *Jobs) exportAll(ctx context.Context, q ExportQuery, at exportPlace, do func(WrittenPage) bool) (string, error) {
	list, more, err := j.Engine.JobsFrom(ctx, q.Business, at.job, exportJobs, nil)
	if err != nil {
		return "", err
	}
	if at.job != "" {
		one, err := j.Find(ctx, q.Business, at.job)
		if err == nil {
			list = append([]*job.Job{one}, list...)
		} else if !is(err, fault.NotFound) {
			return "", err
		}
	}
	for _, one := range list {
		first := 0
		if one.ID == at.job {
			first = at.ordinal
		}
		if q.Limit == 0 {
			return exportPlace{one.ID, first}.String(), nil
		}
		next, err := j.exportJob(ctx, one, first, q.Limit, do)
		if err != nil {
			return "", err
		}
		if next != NoMore {
			return exportPlace{one.ID, next}.String(), nil
		}
		q.Limit -= max(one.Layout.Tasks-first, 0)
	}
	if more == "" {
		return "", nil
	}
	return exportPlace{more, pages.MaxPages}.String(), nil // behind its last page
}

// exportJob looks at so many pages of a job from an ordinal on, and returns the ordinal to go on at.
func (j *Jobs) exportJob(ctx context.Context, one *job.Job, from, looks int, do func(WrittenPage) bool) (int, error) {
	end := min(from+looks, one.Layout.Tasks)
	for from < end {
		var ordinals []int
		for ; from < end && len(ordinals) < exportStep; from++ {
			ordinals = append(ordinals, from)
		}
		list, err := j.written(ctx, one, ordinals)
		if err != nil {
			return NoMore, err
		}
		for _, p := range list {
			if !do(p) {
				return p.Ordinal, nil
			}
		}
	}
	if end == one.Layout.Tasks {
		return NoMore, nil
	}
	return end, nil
}

// written reads those of a job's pages that have a content. The ordinals ascend; a record is read for those that share one.
func (j *Jobs) written(ctx context.Context, one *job.Job, ordinals []int) ([]WrittenPage, error) {
	if len(ordinals) == 0 {
		return nil, nil
	}
	plan, err := j.plan(ctx, one.ID)
	if err != nil {
		return nil, err
	}
	c := &collector{header: one, plan: plan, templates: plan.Templates()}
	for len(ordinals) > 0 {
		n := 1
		for n < len(ordinals) && one.Layout.ParcelOf(ordinals[n]) == one.Layout.ParcelOf(ordinals[0]) {
			n++
		}
		wanted := ordinals[:n]
		ordinals = ordinals[n:]
		err := j.Engine.Tasks(ctx, one.ID, wanted[0], func(t engine.TaskView) bool {
			if t.Ordinal == wanted[0] {
				c.accepted(t)
				wanted = wanted[1:]
			}
			return len(wanted) > 0
		})
		if err != nil {
			return nil, err
		}
	}
	return j.readWritten(ctx, one.ID, c.list)
}

// accepted takes a task that has a content.
func (c *collector) accepted(t engine.TaskView) {
	if t.Accepted > 0 {
		c.list = append(c.list, c.view(c.plan.Page(t.Ordinal), t))
	}
}

// readWritten reads the answers of pages side by side, each one time.
func (j *Jobs) readWritten(ctx context.Context, id job.ID, list []PageView) ([]WrittenPage, error) {
	read := make([]*WrittenPage, len(list))
	n := min(readers, len(list))
	err := j.Engine.Group.Run(ctx, n, func(ctx context.Context, first int) (err error) {
		for i := first; i < len(list) && err == nil; i += n {
			read[i], err = j.withContent(ctx, id, list[i])
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	kept := make([]WrittenPage, 0, len(read))
	for _, p := range read {
		if p != nil {
			kept = append(kept, *p)
		}
	}
	return kept, nil
}

// withContent completes a page; nil when its content is not kept any more.
func (j *Jobs) withContent(ctx context.Context, id job.ID, v PageView) (*WrittenPage, error) {
	accepted := answerID{id, v.Ordinal, v.Accepted}
	stored, err := j.Engine.Answer(ctx, id, v.Ordinal, v.Accepted)
	if is(err, fault.NotFound) {
		return nil, nil //nolint:nilnil // a page that is left out
	}
	if err != nil {
		return nil, err
	}
	f, content, err := factsOf(accepted, stored)
	if err != nil {
		return nil, err
	}
	wanted{accepted, &v}.fill(f)
	if v.failed > 0 {
		failed := answerID{id, v.Ordinal, v.failed}
		if f, err = j.answer(ctx, failed); err != nil {
			return nil, err
		}
		wanted{failed, &v}.fill(f)
	}
	return &WrittenPage{v, id, content}, nil
}
