package backoffice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// Snapshot is what a job runs on, as it was when the job was made: it never changes.
type Snapshot struct {
	// SHA256 is of all that the job was made from, as it is stored: business, questionnaire, rows, columns, templates, model and choice.
	// QuestionnaireSHA256 is of the questionnaire alone. Both are in hex: jobs with equal ones ran on the same.
	SHA256, QuestionnaireSHA256 string
	Business                    catalog.Business
	// Rows are keywords or services in each language, Columns places: each pair of them is a page.
	Rows, Columns int
}

func snapshotOf(input []byte, plan *pages.Plan) Snapshot {
	return Snapshot{
		SHA256: hexOf(input), QuestionnaireSHA256: hexOf(marshal(plan.Questionnaire())), Business: plan.Business(),
		Rows: plan.Size() / plan.Columns(), Columns: plan.Columns(),
	}
}

func hexOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// snapshot is what a job runs on, kept for those that are looked at again and again; nil where there is no input that this
// program can open.
func (j *Jobs) snapshot(ctx context.Context, id job.ID) (*Snapshot, error) {
	j.mu.Lock()
	s, known := j.snapshots[id]
	j.mu.Unlock()
	if known {
		return s, nil
	}
	one, err := j.open(ctx, id)
	switch fault.KindOf(err) {
	case fault.Invalid, fault.Incomplete, fault.Conflict, fault.NotFound, fault.Corrupt:
	default:
		if err != nil {
			return nil, err
		}
		s = &one.snapshot
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.snapshots) >= mostLooks {
		clear(j.snapshots)
	}
	j.snapshots[id] = s
	return s, nil
}
