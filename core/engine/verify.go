package engine

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Problem is one place where the books do not agree with themselves.
type Problem struct {
	// Kind is one of the words below; Detail says what was found and what should be.
	Kind ProblemKind `json:"kind"`
	// Shard is -1 for a problem of the whole job. Seq is the first ledger entry concerned, 0 for none.
	Shard  int    `json:"shard"`
	Seq    int64  `json:"seq,omitempty"`
	Detail string `json:"detail"`
}

// ProblemKind says what sort of disagreement it is.
type ProblemKind string

// The sorts of problems that Verify finds.
const (
	// ProblemChain: a block is missing, damaged, swapped or inserted, or its content does not give its hash.
	ProblemChain ProblemKind = "chain"
	// ProblemHead: the chain does not end where the shard's header, or a seal, says.
	ProblemHead ProblemKind = "head"
	// ProblemEntry: an entry contradicts the ones before it, or its price.
	ProblemEntry ProblemKind = "entry"
	// ProblemAttempt: the open and presumed attempts of a parcel are not those of the ledger.
	ProblemAttempt ProblemKind = "attempt"
	// ProblemCounter: a counter is not the number of tasks in that state.
	ProblemCounter ProblemKind = "counter"
	// ProblemAccount: an account is not the sum of its ledger, or not of its children.
	ProblemAccount ProblemKind = "account"
	// ProblemContent: a stored answer is missing or is not the one that was paid for.
	ProblemContent ProblemKind = "content"
	// ProblemRecord: a record cannot be read.
	ProblemRecord ProblemKind = "record"
)

// Report is what Verify found.
type Report struct {
	Job      job.ID    `json:"job"`
	Shards   int       `json:"shards"`
	Entries  int64     `json:"entries"`
	Problems []Problem `json:"problems"`
	// Settled and Presumed are what the ledger's entries add up to.
	Settled  cost.Pico `json:"settled_usd"`
	Presumed cost.Pico `json:"presumed_usd"`
}

// OK reports whether the books agree.
func (r *Report) OK() bool { return len(r.Problems) == 0 }

// maxProblems bounds a report: past it the books are wrong everywhere.
const maxProblems = 1000

func (r *Report) add(kind ProblemKind, shard int, seq int64, format string, args ...any) {
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, Problem{Kind: kind, Shard: shard, Seq: seq, Detail: fmt.Sprintf(format, args...)})
	}
}

// Verify re-derives every total, counter and account of a job from its ledger and its tasks, and says where they differ.
// It changes nothing. A shard that is being worked on is looked at until it holds still for one look; its ledger is
// read up to the head that its header had. An error means that it could not look, not that something is wrong.
func (e *Engine) Verify(ctx context.Context, id job.ID) (Report, error) {
	r := Report{Job: id, Problems: []Problem{}}
	j, seals, err := e.sealed(ctx, id, &r)
	if err != nil || j == nil {
		return r, err
	}
	f := factsOf(j)
	r.Shards = f.layout.Shards
	audits := make([]*audit, f.layout.Shards)
	for n := range audits {
		if audits[n], err = e.auditShard(ctx, f, n, seals, &r); err != nil {
			return r, err
		}
	}
	return r, e.auditJob(ctx, id, audits, &r)
}

// sealed reads the job and the seals of its rounds, until no round has ended or begun between the two. The job is nil when
// its header cannot be read.
func (e *Engine) sealed(ctx context.Context, id job.ID, r *Report) (*job.Job, []Seal, error) {
	for look := 1; ; look++ {
		j, err := e.Job(ctx, id)
		if broken(err) {
			r.add(ProblemRecord, -1, 0, "job header: %s", fault.OneLine(err, 300))
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		found := Report{}
		seals, err := e.seals(ctx, j, &found)
		if err != nil {
			return nil, nil, err
		}
		again, err := e.Job(ctx, id)
		if err == nil && again.Round == j.Round && again.State.Ended() == j.State.Ended() || look == looks {
			r.Problems = append(r.Problems, found.Problems...)
			return j, seals, err
		}
	}
}

// broken reports whether an error says that a record cannot be read, and not that the store is out of reach.
func broken(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Corrupt || kind == fault.Newer)
}

// seals reads the seals of the job's rounds, and checks each against the heads that it names.
func (e *Engine) seals(ctx context.Context, j *job.Job, r *Report) ([]Seal, error) {
	var seals []Seal
	err := e.each(ctx, ports.Prefix(jobPart(j.ID), "seal/"), func(record ports.Record) error {
		var seal Seal
		if err := decode(record.Body, &seal); err != nil || len(seal.Heads) != j.Layout.Shards {
			r.add(ProblemRecord, -1, 0, "%s cannot be read", record.Key.Sort)
			return nil
		}
		if cost.Seal(seal.Round, seal.Heads) != seal.Hash {
			r.add(ProblemHead, -1, 0, "seal of round %d does not match the heads that it names", seal.Round)
		}
		seals = append(seals, seal)
		return nil
	})
	rounds := j.Round
	if !j.State.Ended() {
		rounds--
	}
	if len(seals) != rounds {
		r.add(ProblemHead, -1, 0, "%d rounds have ended and %d are sealed", rounds, len(seals))
	}
	return seals, err
}
