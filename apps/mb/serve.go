package main

import (
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// serve is the whole system in one process.
type serve struct {
	*app
	at       serveAddress
	google   googleFlags
	origins  []string
	rate     rateLimit
	proxies  proxies
	budgets  budgetRule
	store    storeFlags
	provider providerFlags

	concurrency    int
	sample, signIn bool
	json           bool
	verbose        int
}

func newServe(a *app) *cobra.Command {
	s := &serve{app: a, rate: rateLimit{perMinute: usualRate}}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the HTTP API and do the work, all in one process",
		Long: `Serve the HTTP API on this machine, with everything that stands behind it: the worker that makes the calls, the
sweeper that puts right what was lost, deliveries to webhooks, and the store file.

The first line on stdout is "listening on URL". The first time there follows a link that signs a browser in as
admin, once and within ten minutes; --sign-in makes another. Programs call the API with a token, which
mb tokens create makes before, and mb --server URL runs the commands about jobs against it.

Ctrl-C, or SIGTERM, takes no more requests, finishes those under way and the calls in flight, and closes the store;
a second one ends at once. Jobs go on when it is started again.

There is no --aws: this is one machine with a store of its own. A deployment serves the same API by its function, and
mb --server URL works against that too.

On another address than this machine's own, people sign in with Google (--google-client-id, --allow-email,
--allow-domain) or come with tokens, and something before it has to speak https. No job begins there until an admin
has set a budget for its business (--require-budget).`,
		Example: `  mb serve
  mb serve --sample --simulate
  mb serve --listen 127.0.0.1:9000 --store bolt:/var/lib/mb/store.db --json
  mb serve --listen 0.0.0.0:8080 --google-client-id 123.apps.googleusercontent.com --allow-domain example.com`,
		Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Flags()) },
	}
	section(cmd, "Where it listens", func(flags *pflag.FlagSet) {
		s.at.define(flags)
		flags.Var(&s.proxies, "trusted-proxy", "believe the proxy at this address, or of this `NETWORK`, where a request comes from (X-Forwarded-For); may be repeated")
	})
	section(cmd, "Who may come", func(flags *pflag.FlagSet) {
		s.google.define(flags)
		flags.StringArrayVar(&s.origins, "origin", nil, "let pages of `URL` call the API from a browser, such as https://pages.example.com; may be repeated")
		flags.Var(&s.rate, "rate-limit", "let each principal make `N` requests a minute, or off, which is for this machine alone")
		flags.BoolVar(&s.signIn, "sign-in", false, "print a link that signs a browser in as admin, once; the first time it is printed anyway")
	})
	section(cmd, "What may be spent", s.budgets.define)
	section(cmd, "What is there", func(flags *pflag.FlagSet) {
		flags.StringVar(&s.store.name, "store", defaultStore, "keep everything in `STORE`: bolt:FILE, or mem to forget it at the end")
		flags.BoolVar(&s.sample, "sample", false, "add a business to try things out with, unless it is there")
		s.store.prices.define(flags)
	})
	section(cmd, "Who answers", func(flags *pflag.FlagSet) {
		s.provider.define(flags)
		flags.IntVar(&s.concurrency, "concurrency", defaultConcurrency, "have up to `N` model calls under way at once, 1 to 1000")
	})
	section(cmd, "Output", func(flags *pflag.FlagSet) {
		flags.BoolVar(&s.json, "json", false, "write the log on stderr as JSON, one object on a line")
		verbosity(flags, &s.verbose)
	})
	return cmd
}

// check looks at the flags by themselves.
func (s *serve) check(flags *pflag.FlagSet) error {
	if err := between("concurrency", s.concurrency, 1, mostConcurrency); err != nil {
		return err
	}
	if err := s.google.check(); err != nil {
		return err
	}
	if err := s.store.check(); err != nil {
		return err
	}
	if err := s.at.check(flags, s.rate.off()); err != nil {
		return err
	}
	s.budgets.settle(flags, s.at.local)
	return nil
}

// run serves until somebody stops it.
func (s *serve) run(flags *pflag.FlagSet) (err error) {
	if err := s.check(flags); err != nil {
		return err
	}
	p, err := s.provider.choose(flags, s.env)
	if err != nil {
		return err
	}
	defer p.close()
	st, err := s.store.open()
	if err != nil {
		return err
	}
	defer st.close(&err)
	h, err := s.build(st, p)
	if err != nil {
		return err
	}
	if s.env("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(serveGC))
	}
	if err := s.ready(h); err != nil {
		return err
	}
	if err := h.listen(s.stop.hard, s.at); err != nil {
		return err
	}
	if err := s.introduce(h, p); err != nil {
		_ = h.listener.Close()
		return err
	}
	return h.run(s.stop)
}

// ready makes sure that the house can be opened: somebody can come in, and no job of it was begun by somebody who does not answer now.
func (s *serve) ready(h *house) error {
	if err := h.sameVoice(s.stop.hard); err != nil {
		return err
	}
	if s.at.local || len(s.google.clientIDs) > 0 {
		return nil
	}
	return h.somebodyMayCome(s.stop.hard)
}

// keeper is who the commands of this machine are in the audit trail: whoever can read the store file is its admin.
func keeper(requestID string) backoffice.Caller {
	return backoffice.Caller{
		Principal: "mb", Kind: backoffice.Service, Role: backoffice.Admin, Businesses: []string{backoffice.AllBusinesses}, RequestID: requestID,
	}
}

const (
	// serveGC is how much the heap grows, in percent, before garbage is collected: beside the work of a job, requests wait for that more
	// than for all else. At Go's own 100 the slowest of a hundred polls takes twice as long; this takes some 20 MiB more. GOGC goes before.
	serveGC = 200
	// headerTime, requestTime and answerTime bound how long a client may take over the headers, the whole request and the whole answer; an
	// export of the ledger of 100,000 pages is some hundred megabytes. idleTime is how long a connection is kept between requests.
	headerTime  = 10 * time.Second
	requestTime = time.Minute
	answerTime  = 15 * time.Minute
	idleTime    = 2 * time.Minute
	// mostHeaders is how many bytes of headers are read. The API takes 10 KiB of them; the rest is for a proper refusal.
	mostHeaders = 32 << 10
	// lastRequests is how long requests under way may take once somebody wants the program to stop.
	lastRequests = 30 * time.Second
	// upkeepEvery is the time between two looks at what is due: half of the shortest wait before a delivery is tried again.
	upkeepEvery = 2 * time.Second
)
