package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// far is a deployment in memory: a store and a queue, and a worker that runs for as long as the test.
type far struct {
	*shop
	deployment.Deployment
	// asked is what the last command reached it by.
	asked deployment.Access
	// broken makes the store that commands see fail.
	broken atomic.Bool
}

// deploy gives the shop a deployment whose worker calls its simulator. Commands have no key.
func (s *shop) deploy() *far {
	s.Helper()
	s.env = map[string]string{}
	f := &far{shop: s}
	model, err := claudemodel.New("sk-secret", &claudemodel.Options{BaseURL: s.url})
	require.NoError(s, err)
	records := memstore.New(sysclock.Clock{}, nil)
	sys, err := newSystem(records, model, model, newWatch(os.Stderr, 0), wiring.Kinds(),
		&engine.Options{Calls: 2, FlushAfter: time.Millisecond, RequireBudget: true}, &localworker.Options{SweepEvery: 5 * time.Millisecond})
	require.NoError(s, err)
	f.Deployment = deployment.Deployment{Store: records, Queue: sys.Crew.(*local).Queue, Options: engine.Options{RequireBudget: true}, AtOnce: 2}
	month := sys.Engine.Clock.Now().UTC().Format("2006-01")
	require.NoError(s, sys.Engine.SetLimit(s.Context(), "corner-bakery", month, 100*cost.Dollar))
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sys.Crew.Run(ctx) }()
	s.Cleanup(func() {
		s.door.open()
		stop()
		<-ended
	})
	return f
}

// world is what a command has that reaches the deployment.
func (f *far) world() world {
	return world{looks: time.Millisecond, reach: func(_ context.Context, a deployment.Access) (*deployment.Deployment, error) {
		f.asked = a
		d := f.Deployment
		d.Store = away{Store: d.Store, broken: &f.broken}
		return &d, nil
	}}
}

// away is a store that does not answer while it is broken.
type away struct {
	ports.Store
	broken *atomic.Bool
}

func (a away) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if a.broken.Load() {
		return ports.Record{}, fault.New(fault.Unavailable, "dynamostore: get: no route to host")
	}
	return a.Store.Get(ctx, key)
}

// reaching is how a command reaches a deployment.
type reaching = func(context.Context, deployment.Access) (*deployment.Deployment, error)

// after does something once so many updates of a command are done.
func after(updates int64, reach reaching, then func()) reaching {
	var done atomic.Int64
	return func(ctx context.Context, a deployment.Access) (*deployment.Deployment, error) {
		d, err := reach(ctx, a)
		if err == nil {
			d.Store = counting{Store: d.Store, after: func() {
				if done.Add(1) == updates {
					then()
				}
			}}
		}
		return d, err
	}
}

type counting struct {
	ports.Store
	after func()
}

func (c counting) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	defer c.after()
	return c.Store.Update(ctx, keys, decide)
}

func (f *far) run(args ...string) ran {
	f.Helper()
	return f.runWith(f.world(), append(args, "--aws", "--stage", "prod")...)
}

func (f *far) making(more ...string) []string {
	return append([]string{"generate", "--catalog", f.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", f.path("out")}, more...)
}

// begin begins a command that can be interrupted.
func (f *far) begin(args ...string) begun {
	b := begun{signals: make(chan os.Signal, 2), stopping: make(chan struct{}), ended: make(chan ran, 1)}
	w := f.world()
	w.signals = b.signals
	go func() { b.ended <- f.runWith(w, append(args, "--aws", "--stage", "prod")...) }()
	return b
}

func (f *far) only() string {
	f.Helper()
	list := f.run("jobs", "list", "--json").want(exitDone)
	_, rest, _ := strings.Cut(list.stdout, `"job":"`)
	id, _, _ := strings.Cut(rest, `"`)
	require.Len(f, id, 36, list.stdout)
	return id
}

func TestGenerateOnADeployment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	done := f.run(f.making("--region", "eu-west-1", "--endpoint", "sqs=http://127.0.0.1:1", "--endpoint", "http://127.0.0.1:2")...).want(exitDone)
	require.Equal(t, deployment.Access{Stage: "prod", Region: "eu-west-1", Endpoints: []string{"sqs=http://127.0.0.1:1", "http://127.0.0.1:2"}}, f.asked)
	require.Contains(t, done.stderr, "provider  calls are made by the deployment prod\n")
	require.Contains(t, done.stdout, "completed: 4 of 4 pages")
	require.Equal(t, 4, strings.Count(s.read("out/manifest.jsonl"), `"status":"completed"`))
	require.FileExists(t, s.path("out/fresh-bread/warwick-ri/index.html"))

	id := f.only()
	shown := f.run("jobs", "show", id, "--json").want(exitDone).result()
	require.Equal(t, s.sim.Bill().Total.String(), shown.Settled.String())
	require.Contains(t, f.run("ledger", "verify", id).want(exitDone).stdout, "all in order")
	require.Equal(t, 9, strings.Count(f.run("ledger", "export", id).want(exitDone).stdout, "\n"), "a hold and a settle for each page, and the header")
	require.NoError(t, os.RemoveAll(s.path("out")))
	require.Contains(t, f.run("jobs", "resume", id).want(exitDone).stderr, "its pages are written again, nothing is paid")
	require.FileExists(t, s.path("out/sitemap.xml"))

	// The same order finds the same job, and a forecast rests on what the deployment has shown.
	f.run(f.making("--key", "k")...).want(exitDone)
	calls := s.door.count()
	require.Contains(t, f.run(f.making("--key", "k")...).want(exitDone).stderr, "stands for this key and has ended")
	require.Equal(t, calls, s.door.count())
	forecast := f.run("forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--json").want(exitDone)
	require.Regexp(t, `"earlier_answers":[1-9]`, forecast.stdout)
}

func TestInterruptLeavesTheDeploymentAtWork(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(1)
	b := f.begin(f.making("--table", "t-1")...)
	<-held
	b.signals <- os.Interrupt
	end := (<-b.ended).want(exitInterrupted)
	id := f.only()
	require.Contains(t, end.stderr, "no longer following: the job goes on in the deployment")
	require.Contains(t, end.stdout, "running: ")
	require.Contains(t, end.stdout, "it goes on in the deployment, follow it with: mb jobs resume "+id+" --aws --stage prod --table t-1\n")
	require.NotContains(t, f.run("jobs", "show", id).want(exitDone).stdout, "no process works on it")

	// Whoever follows it does not send for it again: it waits, and writes what came of it.
	b = f.begin("jobs", "resume", id, "--json")
	s.door.open()
	how := (<-b.ended).want(exitDone).result()
	require.Equal(t, 4, how.Completed)
	require.Equal(t, s.sim.Bill().Total.String(), how.Settled.String())
}

func TestInterruptTwiceOnADeployment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(0)
	b := f.begin(f.making()...)
	<-held
	f.broken.Store(true) // the look after the first interrupt never comes back
	b.signals <- os.Interrupt
	b.signals <- os.Interrupt
	end := <-b.ended
	require.NotContains(t, end.stderr, "count as paid", "nothing is cut off")
	require.NotEqual(t, exitDone, end.code)
}

func TestWishesOnADeployment(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(1)
	b := f.begin(f.making()...)
	<-held
	id := f.only()
	paused := f.run("jobs", "pause", id, "--reason", "lunch", "--json").want(exitDone).result()
	require.Equal(t, job.StatePaused, paused.State)
	(<-b.ended).want(exitPaused)
	s.door.open()
	done := f.run("jobs", "resume", id, "--json").want(exitDone).result()
	require.Equal(t, 4, done.Completed)

	s.door.answer(refusing(t, "Cranston"))
	f.run("jobs", "retry", id, "--pages", "0").want(exitPartial)
	s.door.answer(nil)
	require.Equal(t, 4, f.run("jobs", "retry", id, "--failed", "--json").want(exitDone).result().Completed)
	f.run("jobs", "cancel", id).want(exitUsage).complains("has ended")

	held = s.door.hold(0)
	b = f.begin(f.making("--key", "other")...)
	<-held
	list := f.run("jobs", "list").want(exitDone).stdout
	var open string
	for line := range strings.Lines(list) {
		if strings.Contains(line, "running") {
			open, _, _ = strings.Cut(line, " ")
		}
	}
	// A job reads cancelled once no call is open any more: they may end when the job and its one shard have the wish.
	w := f.world()
	w.reach = after(2, w.reach, s.door.open)
	cancelled := f.runWith(w, "jobs", "cancel", open, "--aws").want(exitDone)
	require.Contains(t, cancelled.stdout, "cancelled: ")
	(<-b.ended).want(exitFailed)
	require.Contains(t, f.run("ledger", "verify", "--all").want(exitDone).stdout, "all in order")
}

func TestAStoreThatIsAwayIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(1)
	w := f.world()
	told := make(chan struct{})
	w.stderr = hearing(func(text string) {
		if strings.Contains(text, "the store does not answer, it is asked again: ") {
			close(told)
		}
	})
	ended := make(chan ran, 1)
	go func() { ended <- f.runWith(w, append(f.making(), "--aws")...) }()
	<-held
	f.broken.Store(true)
	<-told
	s.door.open()
	f.broken.Store(false)
	require.Contains(t, (<-ended).want(exitDone).stderr, "no route to host")
}

func TestAnOutageOfTheProviderIsTold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(1)
	w := f.world()
	told := make(chan struct{})
	w.stderr = hearing(func(text string) {
		if strings.Contains(text, "the provider fails (overloaded): no call until ") {
			close(told)
		}
	})
	ended := make(chan ran, 1)
	go func() { ended <- f.runWith(w, append(f.making(), "--aws")...) }()
	<-held
	<-held // both calls of the worker: it does not ask the breaker meanwhile, and takes no probe of it
	key := ports.Key{Partition: "provider", Sort: "claude-haiku-5-5"}
	require.NoError(t, f.Store.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
		record, found := tx.Get(key)
		require.True(t, found)
		var known map[string]any
		require.NoError(t, json.Unmarshal(record.Body, &known))
		known["breaker"] = quota.Breaker{State: quota.Open, Reason: "overloaded", Opened: 1, Until: sysclock.Clock{}.Now()}
		body, err := json.Marshal(known)
		require.NoError(t, err)
		record.Body = body
		tx.Put(record)
		return nil
	}))
	<-told
	s.door.open()
	require.Equal(t, 1, strings.Count((<-ended).want(exitDone).stderr, "the provider fails"))
}

// refusingQueue is a queue that takes nothing.
type refusingQueue struct{}

func (refusingQueue) Send(context.Context, ...ports.Message) error {
	return fault.New(fault.Unauthorized, "sqsqueue: send 1 messages: AccessDenied (status 403): no right to sqs:SendMessage")
}

func TestMessagesThatCannotBeSentAreToldOfOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	f.Queue = refusingQueue{}
	w := f.world()
	signals := make(chan os.Signal, 1)
	w.signals = signals
	w.stderr = hearing(func(text string) {
		if strings.Contains(text, "warning: ") {
			signals <- os.Interrupt
		}
	})
	end := f.runWith(w, append(f.making("--key", "k"), "--aws")...).want(exitInterrupted)
	require.Equal(t, 1, strings.Count(end.stderr, "warning: no message could be sent, the sweeper of the deployment sends for the job in some minutes: send 1 messages: AccessDenied (status 403): "+
		"no right to sqs:SendMessage: name a --profile that may, or have the right granted\n"))
}

func TestRefusalsOfAWSSayWhatToDo(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"dynamostore: update: AccessDeniedException: no": "mb: update: AccessDeniedException: no: name a --profile that may, or have the right granted\n",
		"dynamostore: get: ExpiredTokenException: old":   "mb: get: ExpiredTokenException: old: sign in again (aws sso login), or name another --profile\n",
		"claudemodel: the key is refused":                "mb: the key is refused\n",
		"sign in, or give --profile":                     "mb: sign in, or give --profile\n",
	} {
		var stderr strings.Builder
		require.Equal(t, exitUsage, report(&stderr, fault.New(fault.Unauthorized, "%s", said)))
		require.Equal(t, want, stderr.String())
	}
}

func TestADeploymentNeedsABudget(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	s.write("catalog.yaml", strings.Replace(smallCatalog, "corner-bakery", "poor-bakery", 1))
	f.run(f.making()...).want(exitUsage)
	month := sysclock.Clock{}.Now().UTC().Format("2006-01")
	f.run(f.making()...).want(exitUsage).complains("business poor-bakery has no budget for "+month+": mb budget --aws --stage prod --business poor-bakery --month ", " --set USD\n")
	f.run("budget", "--business", "poor-bakery", "--set", "1").want(exitDone)
	f.run("budget", "--set", "2").want(exitDone)
	f.run(f.making("--cap", "1.5")...).want(exitUsage).complains("budget of business poor-bakery for " + month + " has $1.00 left, $1.50 are needed: raise its limit or lower the cap: mb budget --aws --stage prod --business poor-bakery ")
	f.run("budget", "--business", "poor-bakery", "--set", "5").want(exitDone)
	f.run(f.making("--cap", "2.5")...).want(exitUsage).complains("global budget for " + month + " has $2.00 left, $2.50 are needed: raise its limit or lower the cap: mb budget --aws --stage prod --month ")
	require.Zero(t, s.door.count())
}

// TestDriveGivesUpOverAStoreOrAWish is about what never comes.
func TestDriveGivesUpOverAStoreOrAWish(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(0)
	b := f.begin(f.making()...)
	<-held
	id := job.ID(f.only())
	seen := newWatch(os.Stderr, 0)
	d := f.Deployment
	d.Store = away{Store: d.Store, broken: &f.broken}
	sys, err := assemble(&store{Store: d.Store, far: &d, looks: time.Millisecond}, silent(), seen, 1)
	require.NoError(t, err)
	stop, release := listen(t.Context(), nil)
	defer release()
	_, err = (&drive{sys: sys, watch: seen, stop: stop, id: id, until: settled, within: time.Nanosecond}).run()
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "has not come to rest within 1ns")

	sys, err = assemble(&store{Store: d.Store, far: &d, looks: time.Millisecond}, silent(), seen, 1)
	require.NoError(t, err)
	_, err = sys.Engine.Progress(t.Context(), id) // it knows the job before the store is away
	require.NoError(t, err)
	f.broken.Store(true)
	_, err = (&drive{sys: sys, watch: seen, stop: stop, id: id, until: settled, patience: time.Nanosecond}).run()
	require.ErrorContains(t, err, "no route to host")
	f.broken.Store(false)
	s.door.open()
	(<-b.ended).want(exitDone)
}

// TestAStoreThatIsBackIsNoTrouble: writes that failed before a wish was taken end no waiting for it.
func TestAStoreThatIsBackIsNoTrouble(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	held := s.door.hold(0)
	b := f.begin(f.making()...)
	<-held
	id := job.ID(f.only())
	broken := &failing{Store: f.Store}
	d := f.Deployment
	d.Store = full{broken}
	seen := newWatch(os.Stderr, 0)
	sys, err := assemble(&store{Store: d.Store, far: &d, looks: time.Millisecond}, silent(), seen, 1)
	require.NoError(t, err)
	seen.on(id)
	broken.broken.Store(true)
	for range leastFailures {
		_, err = sys.Engine.Pause(t.Context(), id, "")
		require.ErrorIs(t, err, fault.Unavailable)
	}
	broken.broken.Store(false)
	_, err = sys.Engine.Pause(t.Context(), id, "")
	require.NoError(t, err)
	stop, release := listen(t.Context(), nil)
	defer release()
	looks := 0
	until := func(p engine.Progress) bool {
		if looks++; looks == 1 {
			s.door.open()
			return false // the first look finds it at work
		}
		return settled(p)
	}
	_, err = (&drive{sys: sys, watch: seen, stop: stop, id: id, until: until, patience: time.Nanosecond}).run()
	require.NoError(t, err)
	<-b.ended
}

func TestLooksAtADeployment(t *testing.T) {
	t.Parallel()
	of := func(shards int) engine.Progress {
		return engine.Progress{Job: &job.Job{Layout: job.Layout{Shards: shards}}}
	}
	f := newFollower(0)
	require.Equal(t, time.Second, f.rest(engine.Progress{}, false))
	require.Equal(t, time.Second, f.rest(of(8), true))
	for _, want := range []time.Duration{2, 4, 5, 5} {
		require.Equal(t, want*time.Second, f.rest(of(8), false))
	}
	require.Equal(t, time.Second, f.rest(of(8), true), "news is followed closely")
	require.Equal(t, 4*time.Second, f.rest(of(32), true), "a look at a large job is dearer")
	require.Equal(t, 5*time.Second, f.rest(of(80), true))
}

func TestAWSFlags(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := s.deploy()
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"both stores":   {[]string{"jobs", "list", "--aws", "--store", "mem"}, "--store and --aws exclude each other: give one"},
		"no aws":        {[]string{"jobs", "list", "--table", "t"}, "--table is about a deployment on AWS: add --aws, or leave it out"},
		"empty":         {[]string{"jobs", "list", "--aws", "--region", ""}, "--region is empty: give a value"},
		"stage":         {[]string{"jobs", "list", "--aws", "--stage", "test"}, `--stage "test" is no stage: give one of dev, staging, prod`},
		"endpoint":      {[]string{"jobs", "list", "--aws", "--endpoint", "localhost:1"}, `--endpoint "localhost:1" is no address`},
		"service":       {[]string{"jobs", "list", "--aws", "--endpoint", "s3=http://localhost:1"}, `"s3" is no service of a deployment: give one of dynamodb, sqs`},
		"service twice": {[]string{"jobs", "list", "--aws", "--endpoint", "sqs=http://a", "--endpoint", "sqs=http://b"}, "given twice"},
		"simulator":     {f.making("--aws", "--simulate"), "--simulate is for calls of this process, and with --aws the deployment makes them: leave it out"},
		"concurrency":   {f.making("--aws", "--concurrency", "5"), "--concurrency is for calls of this process"},
		"cancel":        {[]string{"jobs", "cancel", "x", "--aws", "--anthropic-base-url", s.url}, "--anthropic-base-url is for calls of this process"},
		"forecast":      {[]string{"forecast", "--aws", "--store", "mem"}, "--store and --aws exclude each other"},
	} {
		s.runWith(f.world(), test.args...).want(exitUsage).complains(test.want)
		require.Empty(t, f.asked, name)
	}
}

func TestWithoutCredentialsOrRegion(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mb := func(env []string, args ...string) string {
		cmd := exec.Command(os.Args[0], append([]string{"jobs", "list", "--aws"}, args...)...)
		cmd.Dir = s.dir
		cmd.Env = append(env, runsMB+"=1", "HOME="+s.dir, "AWS_EC2_METADATA_DISABLED=true")
		said, err := cmd.CombinedOutput()
		require.Error(t, err)
		require.Equal(t, exitUsage, cmd.ProcessState.ExitCode(), string(said))
		return string(said)
	}
	require.Contains(t, mb(nil), "mb: no AWS region is set: give --region, set AWS_REGION, or give the profile one\n")
	require.Contains(t, mb(nil, "--region", "us-east-1"), "mb: there are no AWS credentials: sign in (aws sso login), name a profile that has some with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n")
	require.Contains(t, mb(nil, "--profile", "nobody"), `have no profile "nobody": name another with --profile`)
	s.write("config", "[profile half]\nregion = us-east-1\ns3 =\n broken\n")
	require.NotEmpty(t, mb([]string{"AWS_CONFIG_FILE=" + s.path("config")}, "--profile", "half"))
}
