package main

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"

	"github.com/marketbrewer/marketbrewer/adapters/guardmodel"
	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/pagehtml"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/adapters/webhooks"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// served is everything that mb serve joins, but the server itself.
type served struct {
	Engine *engine.Engine
	Worker *localworker.Worker
	Office *backoffice.Office
	Jobs   *backoffice.Jobs
	Upkeep *office.Upkeep
}

// house is the whole system, open or about to be.
type house struct {
	*served
	store  *store
	diary  *diary
	server *http.Server
	// voice names who answers the calls.
	voice    string
	listener net.Listener
	// note tells the person a line.
	note func(format string, args ...any)
}

// build joins the house over a store and whoever answers. Nothing is served, called or changed yet.
func (s *serve) build(st *store, p *provider) (*house, error) {
	h := &house{store: st, diary: newDiary(s.stderr, s.verbose, s.json), voice: byClaude, note: s.note}
	if p.simulated {
		h.voice = bySimulator
	}
	verifier, err := s.google.verifier()
	if err != nil {
		return nil, err
	}
	rooms := s.google.office()
	rooms.Webhooks, rooms.Group = webhooks.New(sysclock.Clock{}, nil), sysclock.Group{}
	guarded := guardmodel.New(p.model, sysclock.Clock{}, &guardmodel.Options{Observer: h.diary})
	h.served, err = newServed(st.Store, guarded, p.batch, h.diary, wiring.Kinds(), &engine.Options{
		Calls: s.concurrency, CallTimeout: callTimeout, FlushAfter: flushAfter, FlushResults: flushResults, Epoch: st.epoch, Prices: st.prices,
		KeyLife: -1, LostBatch: p.lost, PollBatch: p.poll, RequireBudget: s.budgets.required,
	}, &localworker.Options{Calls: s.concurrency, SweepEvery: sweepEvery}, &rooms, &backoffice.JobOptions{
		Pace: engine.Pace{Concurrency: s.concurrency, Source: h.voice}, Source: h.voice, Labels: map[string]string{labelProvider: h.voice},
	})
	if err != nil {
		return nil, err
	}
	api, err := httpapi.New(h.Office, h.Jobs, &httpapi.Options{
		Verifier: verifier, Origins: s.origins, PerMinute: s.rate.perMinute, PerAddress: perAddress * s.rate.perMinute, Local: s.at.local,
		Release: version, Retention: office.Retention(), Front: front(), TrustedProxies: s.proxies, Previews: pagehtml.New(),
	})
	if err != nil {
		return nil, err
	}
	h.server = newHTTPServer(api, h.diary)
	return h, nil
}

// newHTTPServer serves a handler to clients who take their time, but not forever.
func newHTTPServer(handler http.Handler, d *diary) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: answerTime, IdleTimeout: idleTime,
		MaxHeaderBytes: mostHeaders, ErrorLog: d.errors(),
		DisableGeneralOptionsHandler: true, // the API answers OPTIONS * itself, as it answers everything
	}
}

// sameVoice refuses a store in which a job is under way that somebody else has begun: pages of the simulator among Claude's would be
// published as real ones, and Claude's among the simulator's would be paid for a rehearsal.
func (h *house) sameVoice(ctx context.Context) error {
	jobs, err := h.Engine.Jobs(ctx, "", math.MaxInt)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		before := j.Labels[labelProvider]
		if j.State.Ended() || before == "" || before == h.voice {
			continue
		}
		return fault.New(fault.Conflict, "job %s was begun with %s and would go on with %s: %s, or cancel it before: mb jobs cancel %s%s", j.ID, theVoice(before), theVoice(h.voice),
			map[string]string{bySimulator: "give --simulate", byClaude: "set " + keyVariable + ", without --simulate"}[before], j.ID, h.store.flag())
	}
	return nil
}

func theVoice(label string) string {
	if label == bySimulator {
		return "the simulator"
	}
	return "Claude"
}

// somebodyMayCome refuses to open a house that nobody could enter.
func (h *house) somebodyMayCome(ctx context.Context) error {
	known, err := principals(ctx, h.Office)
	if err != nil {
		return err
	}
	now := h.Office.Clock.Now()
	for _, p := range known {
		if p.Kind == backoffice.Service && p.Status == backoffice.Active && now.Before(p.ExpiresAt) {
			return nil
		}
	}
	return invalid("nobody could come in: make a token first (mb tokens create --name NAME --role admin%s), or give --google-client-id with --allow-email or --allow-domain",
		h.store.flag())
}

// principals are all who have access.
func principals(ctx context.Context, o *backoffice.Office) (all []backoffice.Principal, err error) {
	for cursor, more := "", true; more; more = cursor != "" {
		var some []backoffice.Principal
		if some, cursor, err = o.Principals(ctx, 200, cursor); err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return all, nil
}

// listen takes the address. Whoever finds the store in use is told of it.
func (h *house) listen(ctx context.Context, at serveAddress) (err error) {
	var config net.ListenConfig
	if h.listener, err = config.Listen(ctx, "tcp", at.listen); err != nil {
		return fault.New(fault.Invalid, "--listen %s cannot be listened on: %w: give another address or port", at.listen, err)
	}
	address, is := h.listener.Addr().(*net.TCPAddr)
	if at.local && (!is || !address.IP.IsLoopback()) { // a name that this machine's files lead elsewhere
		_ = h.listener.Close()
		return invalid("--listen %s is %s, which others can reach: give 127.0.0.1, or --local=false", at.listen, h.listener.Addr())
	}
	if h.store.bolt != nil {
		_ = h.store.bolt.SetHolder(servedAs + h.url()) // without it they still find it in use
	}
	return nil
}

// servedAs begins the label of a store that mb serve has open.
const servedAs = "mb serve at "

// url is where the house is found. An address that stands for all of the machine's is named by this one.
func (h *house) url() string {
	address := h.listener.Addr().String()
	if tcp, is := h.listener.Addr().(*net.TCPAddr); is && tcp.IP.IsUnspecified() {
		address = fmt.Sprintf("127.0.0.1:%d", tcp.Port)
	}
	return "http://" + address
}

var _ ports.Observer = (*diary)(nil)
