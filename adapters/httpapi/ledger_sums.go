package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// LedgerSum says by what a ledger is summed, and over which time.
type LedgerSum struct {
	Span
	GroupBy backoffice.GroupBy `query:"group_by" enum:"job,day,model,page_type" default:"job"`
}

func (s LedgerSum) query(of books) backoffice.CostQuery {
	return backoffice.CostQuery{Business: of.business, Job: of.job, From: s.From, To: s.To, GroupBy: s.GroupBy}
}

type problemOut struct {
	Job   job.ID             `json:"job_id"`
	Kind  engine.ProblemKind `json:"kind" enum:"chain,head,entry,attempt,counter,account,content,record"`
	Shard int                `json:"shard" doc:"-1 for one of the whole job"`
	Seq   int64              `json:"seq" doc:"the first entry concerned, 0 for none"`
}

// Verified is what came of deriving books again.
type Verified struct {
	OK       bool         `json:"ok"`
	Jobs     int          `json:"jobs"`
	Entries  int64        `json:"entries"`
	Shards   int          `json:"shards"`
	Problems []problemOut `json:"problems" nullable:"false"`
}

type verifyBody struct{ Body Verified }

func (v *Verified) add(r engine.Report) {
	v.Jobs, v.Entries, v.Shards = v.Jobs+1, v.Entries+r.Entries, v.Shards+r.Shards
	for _, p := range r.Problems {
		v.Problems = append(v.Problems, problemOut{r.Job, p.Kind, p.Shard, p.Seq})
	}
	v.OK = len(v.Problems) == 0
}

// defineLedgerSums are the rows that sum and verify the ledger.
func defineLedgerSums(a *API) {
	add(a, ledgerRow(jobLedger+"/summary", "job-ledger-summary", "Sums of a job's ledger", backoffice.Operator), func(ctx context.Context, _ *call, in *struct {
		InJob
		LedgerSum
	},
	) (*groupList, error) {
		return a.costs(ctx, in.query(in.books()))
	})
	add(a, ledgerRow(businessLedger+"/summary", "business-ledger-summary", "Sums of a business's ledger", backoffice.Operator), func(ctx context.Context, _ *call, in *struct {
		InBusiness
		LedgerSum
	},
	) (*groupList, error) {
		return a.costs(ctx, in.query(in.books()))
	})
	add(a, ledgerRow(allLedger+"/summary", "ledger-summary", "Sums of all ledgers", backoffice.Admin), func(ctx context.Context, _ *call, in *struct{ LedgerSum }) (*groupList, error) {
		return a.costs(ctx, in.query(books{}))
	})
	verify := ledgerRow(jobLedger+"/verify", "job-ledger-verify", "Derive a job's books again", backoffice.Operator)
	verify.method = http.MethodPost
	add(a, verify, a.verifyJob)
	verify = ledgerRow(allLedger+"/verify", "ledger-verify", "Derive the books of all jobs again, in parts", backoffice.Admin)
	verify.method = http.MethodPost
	add(a, verify, a.verifyAll)
}

// VerifySpan says which jobs are verified; without it all are.
type VerifySpan struct {
	From time.Time `json:"from,omitzero" doc:"jobs that were begun then or later"`
	To   time.Time `json:"to,omitzero" doc:"jobs that were begun before"`
}

// has reports whether a job is one of them.
func (s *VerifySpan) has(j *job.Job) bool {
	return s == nil || !j.CreatedAt.Before(s.From) && (s.To.IsZero() || j.CreatedAt.Before(s.To))
}

// verifyJobIn is of one job: begun at another time, it is not looked at.
type verifyJobIn struct {
	InJob
	Body *VerifySpan
}

func (a *API) verifyJob(ctx context.Context, _ *call, in *verifyJobIn) (*verifyBody, error) {
	j, err := a.jobs.Find(ctx, in.Business, in.Job)
	if err != nil {
		return nil, err
	}
	if !in.Body.has(j) {
		return newVerify(), nil
	}
	report, err := a.jobs.Engine.Verify(ctx, in.Job)
	if err != nil {
		return nil, err
	}
	out := newVerify()
	out.Body.add(report)
	return out, nil
}

func newVerify() *verifyBody { return &verifyBody{nothingVerified()} }

func nothingVerified() Verified { return Verified{OK: true, Problems: []problemOut{}} }
