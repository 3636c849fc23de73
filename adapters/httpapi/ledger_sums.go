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

type verifyBody struct {
	Body struct {
		OK       bool         `json:"ok"`
		Jobs     int          `json:"jobs"`
		Entries  int64        `json:"entries"`
		Shards   int          `json:"shards"`
		Problems []problemOut `json:"problems" nullable:"false"`
	}
}

func (b *verifyBody) add(r engine.Report) {
	b.Body.Jobs, b.Body.Entries, b.Body.Shards = b.Body.Jobs+1, b.Body.Entries+r.Entries, b.Body.Shards+r.Shards
	for _, p := range r.Problems {
		b.Body.Problems = append(b.Body.Problems, problemOut{r.Job, p.Kind, p.Shard, p.Seq})
	}
	b.Body.OK = len(b.Body.Problems) == 0
}

// verifyJobs is how many jobs one call verifies.
const verifyJobs = 500

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
	verify = ledgerRow(allLedger+"/verify", "ledger-verify", "Derive the books of all jobs again", backoffice.Admin)
	verify.method = http.MethodPost
	add(a, verify, a.verifyAll)
}

func (a *API) verifyJob(ctx context.Context, _ *call, in *InJob) (*verifyBody, error) {
	if _, err := a.jobs.Find(ctx, in.Business, in.Job); err != nil {
		return nil, err
	}
	report, err := a.jobs.Engine.Verify(ctx, in.Job)
	if err != nil {
		return nil, err
	}
	out := newVerify()
	out.add(report)
	return out, nil
}

func newVerify() *verifyBody {
	var out verifyBody
	out.Body.OK, out.Body.Problems = true, []problemOut{}
	return &out
}

type verifyIn struct {
	Body *struct {
		From time.Time `json:"from,omitzero" doc:"jobs that were begun then or later"`
		To   time.Time `json:"to,omitzero" doc:"jobs that were begun before"`
	}
}

func (a *API) verifyAll(ctx context.Context, _ *call, in *verifyIn) (*verifyBody, error) {
	var from, to time.Time
	if in.Body != nil {
		from, to = in.Body.From, in.Body.To
	}
	out := newVerify()
	tenants, err := a.jobs.Engine.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	for _, tenant := range tenants {
		if err := a.verifyBusiness(ctx, tenant, from, to, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *API) verifyBusiness(ctx context.Context, tenant string, from, to time.Time, out *verifyBody) error {
	keep := func(j *job.Job) bool { return !j.CreatedAt.Before(from) && (to.IsZero() || j.CreatedAt.Before(to)) }
	for before := job.ID(""); ; {
		list, next, err := a.jobs.Engine.JobsFrom(ctx, tenant, before, ledgerJobs, keep)
		if err != nil {
			return err
		}
		for _, j := range list {
			if out.Body.Jobs == verifyJobs {
				return invalid("/from", "more than 500 jobs were begun in this time: make it shorter")
			}
			report, err := a.jobs.Engine.Verify(ctx, j.ID)
			if err != nil {
				return err
			}
			out.add(report)
		}
		if before = next; next == "" {
			return nil
		}
	}
}
