package deploy_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// policy judges what roles do in the table by the template's statements, and remembers which of them were needed.
type policy struct {
	statements []statement

	mu     sync.Mutex
	denied map[string]bool
	used   map[string]bool
}

func newPolicy(s *deploy.Stack) *policy {
	return &policy{statements: statements(s), denied: map[string]bool{}, used: map[string]bool{}}
}

func (p *policy) judge(role, action, partition string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	allowed := false
	for _, st := range p.statements {
		if st.role != role || !st.covers(action, partition) {
			continue
		}
		if st.effect == "Deny" {
			allowed = false
			break
		}
		allowed = true
		for _, key := range st.keys {
			if matches(key, partition) {
				p.used[fmt.Sprint(role, " ", st.sid, " ", key)] = true
			}
		}
	}
	if !allowed {
		p.denied[fmt.Sprint(role, " ", action, " ", partition)] = true
	}
}

// seldom are rights that functions need in races that the test does not bring about, and why.
var seldom = map[string]string{
	"ApiRole PutRecords outbox":         "a wish that ends the last shard of a job ends the job, which leaves a notice",
	"SweeperRole PutRecords business/*": "a job that has ended since its business was deleted is forgotten by the one who removes that",
}

// unused are the partitions of statements that allow what nobody has done. What a role writes it may read: after a write
// whose outcome was lost, and for conditions.
func (p *policy) unused() []string {
	var list []string
	for _, st := range p.statements {
		for _, key := range st.keys {
			right := fmt.Sprint(st.role, " ", st.sid, " ", key)
			writes := p.used[fmt.Sprint(st.role, " PutRecords ", key)] || seldom[fmt.Sprint(st.role, " PutRecords ", key)] != ""
			if st.effect == "Allow" && !p.used[right] && seldom[right] == "" && (st.sid != "ReadRecords" || !writes) {
				list = append(list, right)
			}
		}
	}
	return list
}

// guarded is a store that is reached under a role.
type guarded struct {
	ports.Store
	policy *policy
	role   string
}

func (g guarded) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	g.policy.judge(g.role, "dynamodb:GetItem", key.Partition)
	return g.Store.Get(ctx, key)
}

func (g guarded) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	g.policy.judge(g.role, "dynamodb:Query", r.Partition)
	return g.Store.List(ctx, r)
}

func (g guarded) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	for _, key := range keys {
		g.policy.judge(g.role, "dynamodb:BatchGetItem", key.Partition)
	}
	return g.Store.Update(ctx, keys, func(tx ports.Tx) error { return decide(guardedTx{tx, g}) })
}

type guardedTx struct {
	ports.Tx
	guarded
}

func (g guardedTx) Get(key ports.Key) (ports.Record, bool) {
	g.policy.judge(g.role, "dynamodb:GetItem", key.Partition)
	g.policy.judge(g.role, "dynamodb:ConditionCheckItem", key.Partition)
	return g.Tx.Get(key)
}

func (g guardedTx) Put(record ports.Record) {
	g.policy.judge(g.role, "dynamodb:PutItem", record.Key.Partition)
	g.Tx.Put(record)
}

func (g guardedTx) Create(record ports.Record) {
	g.policy.judge(g.role, "dynamodb:PutItem", record.Key.Partition)
	g.Tx.Create(record)
}

func (g guardedTx) Delete(key ports.Key) {
	g.policy.judge(g.role, "dynamodb:DeleteItem", key.Partition)
	g.Tx.Delete(key)
}

// TestRolesMayDoWhatTheFunctionsDo runs jobs of every lane through the engines of the three functions, with all that people
// ask of a job, and once more with a provider that takes no key for a while: no role lacks a right, and no role has one that its function never used.
func TestRolesMayDoWhatTheFunctionsDo(t *testing.T) {
	t.Parallel()
	p := newPolicy(stack(t, deploy.Embedded(), "prod"))
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p)
		w.month("acme")
		lives(w)
		staffed(w)
	})
	synctest.Test(t, func(t *testing.T) {
		troubled(t, p, fault.New(fault.Unauthorized, "invalid x-api-key"), ports.LineErrored)
	})
	require.Empty(t, slices.Sorted(maps.Keys(p.denied)), "a role lacks a right")
	require.Empty(t, p.unused(), "a role has a right that nobody needs")
}

// lives is all that happens to jobs in the cloud.
func lives(w *world) {
	ctx, t := w.t.Context(), w.t
	_, err := w.api.Forecast(ctx, engine.Submission{Tenant: "acme", Kind: "letters", Input: thirty('a')}, engine.Pace{})
	require.NoError(t, err)
	w.submit(engine.Submission{Input: thirty('a'), Key: "once"})
	w.submit(engine.Submission{Input: thirty('a'), Lane: cost.Batch})
	w.submit(engine.Submission{Input: thirty('a'), Lane: cost.Auto, Deadline: 48 * time.Hour})
	failing := w.submit(engine.Submission{Input: append(thirty('a'), 'f', 'f')})
	w.minutes(1)
	asked(w)
	require.NoError(t, w.sweeper.DeadLetter(ctx, []byte("{}")))
	w.minutes(30)
	_, err = w.api.Retry(ctx, failing, nil, 0)
	require.NoError(t, err)
	w.minutes(30)

	jobs, err := w.api.Jobs(ctx, "acme", 10)
	require.NoError(t, err)
	states := map[string]int{}
	for _, j := range jobs {
		states[string(j.State)]++
		looked(w, j.ID)
		require.NoError(t, w.sweeper.Calibrate(ctx, j.ID, ""), "it does so when a job's end is told")
	}
	require.Equal(t, map[string]int{"completed": 4, "cancelled": 1, "partial": 1}, states)
	require.Positive(t, w.model.notices)
	require.NotEmpty(t, w.model.batches)
}

// asked is what people ask of jobs, while the provider is down for a while.
func asked(w *world) {
	ctx, t := w.t.Context(), w.t
	paused := w.submit(engine.Submission{Input: thirty('a')})
	w.model.down.Store(true)
	w.minutes(1)
	_, err := w.api.Pause(ctx, paused, "")
	require.NoError(t, err)
	w.minutes(3)
	_, err = w.api.Resume(ctx, paused, 0)
	require.NoError(t, err)
	w.model.down.Store(false)
	cancelled := w.submit(engine.Submission{Input: thirty('a')})
	_, err = w.api.Cancel(ctx, cancelled, "")
	require.NoError(t, err)
}

// looked is all that is shown of a job.
func looked(w *world, id job.ID) {
	ctx, t := w.t.Context(), w.t
	_, err := w.api.Progress(ctx, id)
	require.NoError(t, err)
	_, err = w.api.Events(ctx, id)
	require.NoError(t, err)
	_, err = w.api.Outlook(ctx, id)
	require.NoError(t, err)
	report, err := w.api.Verify(ctx, id)
	require.NoError(t, err)
	require.True(t, report.OK(), "%v", report.Problems)
}

// thirty tasks make two parcels.
func thirty(letter byte) []byte {
	input := make([]byte, 30)
	for i := range input {
		input[i] = letter
	}
	return input
}
