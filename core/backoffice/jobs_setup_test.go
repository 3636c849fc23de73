package backoffice_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// jobsWorld is an office with an engine over one store, a queue that the test empties, and a model that writes what the script
// says.
type jobsWorld struct {
	t      *testing.T
	ctx    context.Context
	store  *memstore.Store
	office *backoffice.Office
	engine *engine.Engine
	jobs   *backoffice.Jobs
	seen   *porttest.Recorder
	admin  backoffice.Caller

	mu     sync.Mutex
	mail   []ports.Message
	calls  int
	script func(n int, r job.Request) string
	// lose says which Updates lose their acknowledgement.
	lose func(keys []ports.Key) bool
	// before is called before each commit.
	before func(keys []ports.Key)
	orders int
	// turn is how many calls of the store later one fails.
	turn atomic.Int64
}

// unheard is what the script says for an answer that nobody hears.
const unheard = "?"

// withJobs tells a story in a bubble of fake time.
func withJobs(t *testing.T, options *backoffice.JobOptions, story func(t *testing.T, w *jobsWorld)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &jobsWorld{t: t, ctx: t.Context(), seen: &porttest.Recorder{}}
		w.admin = backoffice.Caller{Principal: "ana", Kind: backoffice.User, Role: backoffice.Admin, Businesses: []string{"*"}, RequestID: "request-1"}
		w.script = func(int, job.Request) string { return written("") }
		w.store = memstore.New(sysclock.Clock{}, &memstore.Options{Hooks: memstore.Hooks{
			LoseAck: func(keys []ports.Key) bool { return w.lose != nil && w.lose(keys) },
			BeforeCommit: func(keys []ports.Key) {
				if w.before != nil {
					w.before(keys)
				}
			},
		}})
		ids := &bubbleIDs{IDs: sysclock.NewIDs()}
		var err error
		w.office, err = backoffice.New(backoffice.Ports{Store: shaky{w.store, w}, Clock: sysclock.Clock{}, IDs: ids, Observer: w.seen}, nil)
		require.NoError(t, err)
		w.engine, err = engine.New(engine.Ports{
			Store: shaky{w.store, w}, Queue: w, Model: w, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: ids, Observer: w.seen, Notifier: w.seen,
		}, []job.Kind{pages.Kind{}}, nil)
		require.NoError(t, err)
		w.jobs = backoffice.NewJobs(w.office, w.engine, options)
		story(t, w)
	})
}

// bubbleIDs are of the bubble's time.
type bubbleIDs struct {
	*sysclock.IDs
	n atomic.Int64
}

// NewID implements ports.IDs.
func (b *bubbleIDs) NewID() string {
	ms, n := time.Now().UnixMilli(), b.n.Add(1)
	return fmt.Sprintf("%08x-%04x-7%03x-8000-%012x", ms>>16, ms&0xffff, n&0xfff, n)
}

// written is a page that passes the rules, with a word more in its title.
func written(more string) string {
	body := strings.Repeat("We are the plumbers that you can call when the water is in your house and the floor is wet. ", 21)
	text, _ := json.Marshal(pages.Content{
		Title: "A plumber that is there for you " + more, MetaDescription: "Call us when the water is in your house.", H1: "Plumbers for you",
		Body: strings.TrimSpace(body), Sections: []pages.Section{{Heading: "What we do", Content: "We fix what is broken in the house."}}, CTA: "Call us today.",
	})
	return string(text)
}

// Send implements ports.Sender.
func (w *jobsWorld) Send(_ context.Context, messages ...ports.Message) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mail = append(w.mail, messages...)
	return nil
}

// Call implements ports.Model.
func (w *jobsWorld) Call(_ context.Context, r job.Request) (ports.Reply, error) {
	w.mu.Lock()
	w.calls++
	n, script := w.calls, w.script
	w.mu.Unlock()
	text := script(n, r)
	if text == unheard {
		return ports.Reply{}, fault.New(fault.Unavailable, "the line broke").MaybeDone()
	}
	return ports.Reply{Answer: job.Answer{Text: text, Stop: job.StopEndTurn, Model: r.Model, Usage: cost.Usage{Input: 1000, Output: 600}, UsageOK: true}}, nil
}

// work delivers messages until the job has ended or is paused.
func (w *jobsWorld) work(id job.ID) {
	w.t.Helper()
	for range 200 {
		w.mu.Lock()
		mail := w.mail
		w.mail = nil
		w.mu.Unlock()
		for _, m := range mail {
			_ = w.engine.Work(w.ctx, m.Body)
		}
		j, err := w.engine.Job(w.ctx, id)
		require.NoError(w.t, err)
		if j.State.Ended() || j.State == job.StatePaused {
			return
		}
		time.Sleep(time.Minute)
		_, err = w.engine.Sweep(w.ctx)
		require.NoError(w.t, err)
	}
	w.t.Fatal("the job does not come to rest")
}

// deliver delivers so many of the messages that wait.
func (w *jobsWorld) deliver(n int) {
	w.mu.Lock()
	mail := w.mail[:min(n, len(w.mail))]
	w.mail = w.mail[len(mail):]
	w.mu.Unlock()
	for _, m := range mail {
		require.NoError(w.t, w.engine.Work(w.ctx, m.Body))
	}
}

// prompt makes a prompt template.
func (w *jobsWorld) prompt(business string, n backoffice.NewPrompt) backoffice.Prompt {
	w.t.Helper()
	p, err := w.office.CreatePrompt(w.ctx, w.admin, business, n)
	require.NoError(w.t, err)
	return p
}

// budget sets a budget.
func (w *jobsWorld) budget(business string, limit cost.Pico) backoffice.Budget {
	w.t.Helper()
	b, err := w.jobs.PutBudget(w.ctx, w.admin, business, backoffice.BudgetOrder{Limit: limit, Enabled: true})
	require.NoError(w.t, err)
	return b
}

// second is the row and the column of the last page.
func (w *jobsWorld) second(business string) (keyword, area string) {
	w.t.Helper()
	p, err := w.jobs.Preview(w.ctx, business, areas(), backoffice.PreviewFilter{})
	require.NoError(w.t, err)
	last := p.Pages[len(p.Pages)-1]
	return last.KeywordID, last.ServiceAreaID
}

// remove deletes a record past everybody.
func (w *jobsWorld) remove(key ports.Key) {
	w.t.Helper()
	require.NoError(w.t, w.store.Update(w.ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		tx.Delete(key)
		return nil
	}))
}

// put writes a record past everybody.
func (w *jobsWorld) put(key ports.Key, body []byte) {
	w.t.Helper()
	require.NoError(w.t, w.store.Update(w.ctx, []ports.Key{key}, func(tx ports.Tx) error {
		tx.Get(key)
		tx.Put(ports.Record{Key: key, Kind: "test", Body: body})
		return nil
	}))
}

// generate makes a job of an order under a new key.
func (w *jobsWorld) generate(business string, o backoffice.Order) (backoffice.Generated, error) {
	w.mu.Lock()
	w.orders++
	key := fmt.Sprintf("order-%d", w.orders)
	w.mu.Unlock()
	return w.jobs.Generate(w.ctx, w.admin, business, o, key, idempotency.Of([]byte(key)))
}

// begun is generate where nothing may go wrong.
func (w *jobsWorld) begun(business string, o backoffice.Order) job.ID {
	w.t.Helper()
	g, err := w.generate(business, o)
	require.NoError(w.t, err)
	return g.Job.ID
}

// capped is a change of a job's budget alone.
func capped(limit cost.Pico) backoffice.JobChange { return backoffice.JobChange{Budget: &limit} }

// lines are the lines of the trail of an action, newest first.
func (w *jobsWorld) lines(action string) []backoffice.AuditRecord {
	w.t.Helper()
	lines, _, err := w.office.Audit(w.ctx, backoffice.AuditQuery{Action: action, Limit: 200, From: time.Now().AddDate(0, -6, 0)})
	require.NoError(w.t, err)
	return lines
}

// areas is an order of pages for keywords and areas.
func areas(change ...func(*backoffice.Order)) backoffice.Order {
	o := backoffice.Order{PageType: "keyword-service-area"}
	for _, c := range change {
		c(&o)
	}
	return o
}

// plumber is a business that passes the gate, with the number of English keywords, of which the first so many have a Spanish
// twin, and the number of service areas.
func plumber(keywords, twins, areas int) catalog.Catalog {
	year := 1990
	c := catalog.Catalog{
		Business: catalog.Business{
			ID: "harbor", Name: "Harbor Plumbing", IndustryType: "Plumber", Phone: "(207) 555-0142", Email: "hello@harbor.example",
			Website: "https://harbor.example", PrimaryCity: "Portland", PrimaryState: "ME", EnabledLanguages: []catalog.Language{catalog.English, catalog.Spanish},
		},
		Questionnaire: catalog.Questionnaire{
			Identity: catalog.Identity{Tagline: "Dry floors by dinner", YearEstablished: &year},
			Audience: catalog.Audience{TargetDescription: "Home owners", Languages: []string{"English"}},
			Brand:    catalog.Brand{VoiceTone: "friendly", CallToAction: "Call Harbor today", ForbiddenTerms: []string{"cheap"}},
		},
		Services: []catalog.Service{{Name: "Drain cleaning", IsPrimary: true}, {Name: "Leak repair"}},
	}
	for i := range keywords {
		k := catalog.Keyword{Keyword: fmt.Sprintf("emergency plumber %02d", i)}
		if i < twins {
			k.KeywordES = fmt.Sprintf("plomero de emergencia %02d", i)
		}
		c.Keywords = append(c.Keywords, k)
	}
	for i := range areas {
		c.ServiceAreas = append(c.ServiceAreas, catalog.ServiceArea{City: "Town " + string(rune('A'+i/26)) + string(rune('a'+i%26)), State: "ME"})
	}
	return c
}

// in reports whether one of the keys is of the partition.
func in(keys []ports.Key, partition string) bool {
	return slices.ContainsFunc(keys, func(k ports.Key) bool { return strings.HasPrefix(k.Partition, partition) })
}
