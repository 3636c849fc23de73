package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/ports"
)

// examine runs the doctor on a deployment in memory.
func (m *made) examine(t *testing.T, more ...string) (ran, *account) {
	t.Helper()
	a, url := m.serve(t)
	m.fill(t, deployment.Access{Region: "us-east-1", Endpoints: []string{url}}, "Table")
	return newShop(t).runWith(onDoctorsDay(), append([]string{"doctor", "--aws", "--region", "us-east-1", "--endpoint", url}, more...)...), a
}

func onDoctorsDay() world { return world{now: func() time.Time { return doctorsDay }} }

func TestDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	found, asked := inOrder(t).examine(t)
	found.want(exitDone)
	require.Equal(t, `deployment dev in us-east-1
  worker    marketbrewer-dev-worker, timeout 5m0s, 256 MB, 50 calls of up to 2m0s at once
  table     Table, about 12 records, expiry on, point-in-time recovery on, deletion protection on
  queue     Parcels, visibility timeout 30m5s, 0 waiting, 2 being worked on
  mapping   batches of 4 within 5s, up to 2 invocations at once, partial batch responses on
  given up  DeadLetters after 5 receives, kept 336h0m0s, 0 waiting
  sweeper   marketbrewer-dev-sweeper, rate(1 minute)
  key       /marketbrewer/dev/claude-key, SecureString, version 3
  model     claude-haiku-5-5, 1,000 requests and 400,000 output tokens per minute, as the worker is told
  calls     100 at once; the limits are used up by 33 of 5s each, or 133 of 20s
  budget    $100.00 for all businesses in 2031-01
all in order
`, found.stdout)
	require.NotContains(t, strings.Join(asked.asked, " "), "GetParameter", "the key is never read")
}

func TestDoctorFindsEachAlone(t *testing.T) {
	t.Parallel()
	for name, ill := range ailments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := inOrder(t)
			ill.spoil(m)
			found, _ := m.examine(t)
			diagnosed(t, found, ill.want)
		})
	}
}

// TestDoctorRepeatsNoKey: a key that was pasted in place of its name is neither shown nor sent anywhere as a name.
func TestDoctorRepeatsNoKey(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"bare": "sk-ant-api03-CANARY", "with a slash": "/sk-ant-api03-CANARY", "another's": "CANARY+key="} {
		m := inOrder(t)
		m.worker["MB_CLAUDE_KEY_PARAMETER"], m.sweeper["MB_CLAUDE_KEY_PARAMETER"] = key, key
		found, asked := m.examine(t, "--json")
		require.NotContains(t, found.stdout+found.stderr, "CANARY", name)
		require.Contains(t, found.want(exitProblems).stdout, "MB_CLAUDE_KEY_PARAMETER is no full name of a parameter", name)
		require.NotContains(t, asked.asked, "DescribeParameters", name)
		delete(m.sweeper, "MB_CLAUDE_KEY_PARAMETER") // then the two differ
		found, _ = m.examine(t)
		require.NotContains(t, found.want(exitProblems).stdout+found.stderr, "CANARY", name)
	}
}

// TestDoctorOfWhatItMayNotRead: without a word of a function its mapping is looked at all the same.
func TestDoctorOfWhatItMayNotRead(t *testing.T) {
	t.Parallel()
	m := inOrder(t)
	a, url := m.serve(t)
	m.fill(t, deployment.Access{Region: "us-east-1", Endpoints: []string{url}}, "Table")
	m.disabled, m.deadPartial = true, false
	a.refuse["GetFunctionConfiguration"] = "AccessDeniedException"
	found := newShop(t).runWith(onDoctorsDay(), "doctor", "--aws", "--region", "us-east-1", "--endpoint", url, "--table", "Table", "--queue", "Parcels").want(exitProblems)
	require.Contains(t, found.stdout, "could not look: function marketbrewer-dev-worker:live may not be read")
	require.Contains(t, found.stdout, "2 problems:\n")
	require.Contains(t, found.stdout, "mapping from Parcels to marketbrewer-dev-worker is Disabled")
	require.Contains(t, found.stdout, "partial batch responses of the mapping from DeadLetters to marketbrewer-dev-sweeper is off")
}

func TestDoctorFindsASecondMapping(t *testing.T) {
	t.Parallel()
	m := inOrder(t)
	m.twice = true
	found, _ := m.examine(t)
	diagnosed(t, found, "mapping from Parcels to marketbrewer-dev-worker is there twice, wanted is there once: delete mapping u-2: ")
}

func TestDoctorOfAWorkerThatKnowsNothing(t *testing.T) {
	t.Parallel()
	a, url := inOrder(t).serve(t)
	delete(a.worker, "MB_TABLE")
	s := newShop(t)
	doctor := []string{"doctor", "--aws", "--region", "us-east-1", "--endpoint", url}
	s.run(doctor...).want(exitUsage).complains("marketbrewer-dev-worker is not told which table it has: deploy the stack again (docs/deploy.md), or name the table with --table")
	found := s.runWith(onDoctorsDay(), append(doctor, "--table", "Table")...).want(exitProblems)
	require.Contains(t, found.stdout, "environment of marketbrewer-dev-worker: MB_TABLE is not set: the deployment template sets it")
	require.Contains(t, found.stdout, "MB_TABLE of marketbrewer-dev-sweeper is Table, wanted is not set, as the worker's")
	a.refuse["GetQueueUrl"] = "QueueDoesNotExist"
	a.worker["MB_TABLE"] = "Table"
	require.Contains(t, s.runWith(onDoctorsDay(), doctor...).want(exitProblems).stdout, "dead-letter queue is off", "messages would be lost there")
}

func TestDoctorJSON(t *testing.T) {
	t.Parallel()
	m := inOrder(t)
	m.pitr = false
	found, _ := m.examine(t, "--json")
	found.want(exitProblems)
	require.Contains(t, found.stdout, `{"checked":"deployment dev in us-east-1","figures":{"budget":"$100.00 for all`)
	require.Contains(t, found.stdout, `"problems":[{"setting":"point-in-time recovery","value":"off","wants":"on","advice":"enable `)
	require.Empty(t, found.stderr)
}

// TestWhatAWSRefuses is about every error of AWS on the way: what it says to do, and that the rest is looked at.
func TestWhatAWSRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ operation, code, want string }{
		"no right":       {"DescribeTable", "AccessDeniedException", "table Table may not be read: name a --profile that may, or have the right granted: User: someone is not authorized to perform: DescribeTable"},
		"expired":        {"GetQueueAttributes", "ExpiredTokenException", "AWS does not take the credentials (ExpiredTokenException): sign in again"},
		"no queue":       {"GetQueueAttributes", "AWS.SimpleQueueService.NonExistentQueue", "there is no queue Parcels in us-east-1: deploy the stack"},
		"no dead queue":  {"GetQueueUrl", "AccessDenied", "queue DeadLetters may not be read"},
		"no mappings":    {"ListEventSourceMappings", "AccessDeniedException", "event source mappings of Parcels may not be read"},
		"no backups":     {"DescribeContinuousBackups", "ValidationException", "table Table cannot be read: ValidationException: "},
		"no expiry":      {"DescribeTimeToLive", "AccessDeniedException", "table Table may not be read"},
		"no parameters":  {"DescribeParameters", "AccessDeniedException", "parameter /marketbrewer/dev/claude-key may not be read"},
		"no records":     {"GetItem", "AccessDeniedException", "not authorized to perform: GetItem"},
		"no concurrency": {"GetFunctionConcurrency", "AccessDeniedException", "reserved concurrency of marketbrewer-dev-worker may not be read"},
		"no rules":       {"ListRuleNamesByTarget", "AccessDeniedException", "schedule of marketbrewer-dev-sweeper may not be read"},
		"no rule":        {"DescribeRule", "AccessDeniedException", "schedule of marketbrewer-dev-sweeper may not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := inOrder(t)
			m.secret = "String"
			a, url := m.serve(t)
			m.fill(t, deployment.Access{Region: "us-east-1", Endpoints: []string{url}}, "Table")
			a.refuse[test.operation] = test.code
			doctor := []string{"doctor", "--aws", "--region", "us-east-1", "--endpoint", url}
			found := newShop(t).runWith(onDoctorsDay(), doctor...)
			require.Contains(t, found.stdout, "\ncould not look: ")
			require.Contains(t, found.stdout, test.want)
			if name != "no parameters" {
				found.want(exitProblems)
				require.Contains(t, found.stdout, "1 problem:\n  key for Claude is a String", "the rest is looked at, and what was not seen counts as right")
			}
			a.mu.Lock()
			m.secret = "SecureString"
			a.mu.Unlock()
			require.Contains(t, newShop(t).runWith(onDoctorsDay(), doctor...).want(exitFailed).stdout, "\nthe rest is in order\n")
			require.Contains(t, newShop(t).runWith(onDoctorsDay(), append(doctor, "--json")...).want(exitFailed).stdout, `"problems":[],"unseen":["`)
		})
	}
	a, url := inOrder(t).serve(t)
	a.refuse["GetFunctionConfiguration"] = absent
	doctor := []string{"doctor", "--aws", "--region", "us-east-1", "--endpoint", url}
	newShop(t).run(doctor...).want(exitUsage).complains("there is no function marketbrewer-dev-worker:live in us-east-1: deploy the stack of stage dev")
	// What the flags name can be looked at without the worker.
	found := newShop(t).runWith(onDoctorsDay(), append(doctor, "--table", "Table", "--queue", "Parcels")...)
	require.Contains(t, found.stdout, "could not look: there is no function marketbrewer-dev-worker:live")
	require.Contains(t, found.stdout, "\n  table     Table, about 12 records")
}

// TestListsWithoutEnd: a list that goes on for ever is one that could not be looked at.
func TestListsWithoutEnd(t *testing.T) {
	t.Parallel()
	for operation, want := range map[string]string{
		"DescribeParameters":      "parameter /marketbrewer/dev/claude-key cannot be read to the end: AWS has always more than the 100 pages that were asked for",
		"ListRuleNamesByTarget":   "schedule of marketbrewer-dev-sweeper cannot be read to the end",
		"ListEventSourceMappings": "event source mappings of Parcels cannot be read to the end",
	} {
		m := inOrder(t)
		a, url := m.serve(t)
		m.fill(t, deployment.Access{Region: "us-east-1", Endpoints: []string{url}}, "Table")
		a.endless = operation
		found := newShop(t).runWith(onDoctorsDay(), "doctor", "--aws", "--region", "us-east-1", "--endpoint", url).want(exitFailed)
		require.Contains(t, found.stdout, "could not look: "+want)
		require.Contains(t, found.stdout, "\nthe rest is in order\n")
	}
}

func TestOpenADeployment(t *testing.T) {
	t.Parallel()
	s, m := newShop(t), inOrder(t)
	a, url := m.serve(t)
	open := func(more ...string) (*deployment.Deployment, error) {
		access := deployment.Access{Region: "us-east-1", Stage: "dev", Endpoints: []string{url}}
		for i := 0; i < len(more); i += 2 {
			*map[string]*string{"table": &access.Table, "queue": &access.Queue, "stage": &access.Stage}[more[i]] = more[i+1]
		}
		return deployment.Open(t.Context(), access)
	}
	m.worker["MB_EPOCH"] = "4"
	d, err := open()
	require.NoError(t, err)
	require.Equal(t, int64(4), d.Options.Epoch)
	require.True(t, d.Options.RequireBudget)
	require.Equal(t, 100, d.AtOnce)

	// Both named, the worker is not asked.
	a.refuse["GetFunctionConfiguration"] = "AccessDeniedException"
	d, err = open("table", "Table", "queue", "Parcels")
	require.NoError(t, err)
	require.Zero(t, d.AtOnce)
	require.True(t, d.Options.RequireBudget)
	_, err = open("table", "Table")
	require.ErrorContains(t, err, "function marketbrewer-dev-worker:live may not be read")
	delete(a.refuse, "GetFunctionConfiguration")

	_, err = open("table", "Nowhere", "queue", "https://queue/Parcels")
	require.EqualError(t, err, "there is no table Nowhere in us-east-1: deploy the stack (docs/deploy.md), or name another with --table, --region or --profile")
	_, err = open("stage", "prod")
	require.ErrorContains(t, err, "there is no function marketbrewer-prod-worker:live in us-east-1: deploy the stack of stage prod")
	a.refuse["GetQueueUrl"] = "QueueDoesNotExist"
	_, err = open("queue", "Nobody")
	require.ErrorContains(t, err, "there is no queue Nobody in us-east-1")
	m.worker["MB_LEASE"] = "1s"
	_, err = open()
	require.ErrorContains(t, err, "the settings of marketbrewer-dev-worker are broken")
	require.ErrorContains(t, err, "mb doctor --aws --stage dev shows all")

	// The whole way, through the command.
	m.worker["MB_LEASE"] = ""
	s.run("jobs", "list", "--aws", "--region", "us-east-1", "--endpoint", url, "--table", "Nowhere").want(exitUsage).complains("there is no table Nowhere")
	s.run("jobs", "list", "--aws", "--region", "us-east-1", "--endpoint", "http://"+deserted, "--table", "t", "--queue", "http://127.0.0.1/q").
		want(exitFailed).complains("table t cannot be reached: check the network, --region (us-east-1) and --endpoint, then try again: ", "connection refused")
}

func TestDoctorOfThisMachine(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	fresh := s.run(s.on("doctor")...).want(exitDone)
	require.Contains(t, fresh.stdout, "store.db is not there yet: mb generate makes it\n")
	require.Contains(t, fresh.stdout, "answers   calls go to https://api.anthropic.com")
	require.NotContains(t, fresh.stdout, "sk-secret")
	s.run(s.making()...).want(exitDone)
	require.Contains(t, s.run(s.on("doctor", "--simulate")...).want(exitDone).stdout, "store.db can be read\n")
	require.Contains(t, s.run("doctor", "--store", "mem").want(exitDone).stdout, "store     mem: ")

	require.NoError(t, os.WriteFile(s.path("bad.db"), []byte("no store"), 0o600))
	s.env = map[string]string{urlVariable: "nowhere"}
	ill := s.run("doctor", "--store", "bolt:"+s.path("bad.db"), "--prices", s.path("catalog.yaml")).want(exitProblems)
	require.Contains(t, ill.stdout, "3 problems:\n")
	require.Contains(t, ill.stdout, "bad.db is not readable, wanted is readable: ")
	require.Contains(t, ill.stdout, "price table is broken, wanted is one as docs/prices.md describes it: --prices ")
	require.Contains(t, ill.stdout, `answers is from nobody, wanted is Claude or the simulator: ANTHROPIC_BASE_URL "nowhere" is no address`)
	s.run("doctor", "--aws", "--simulate").want(exitUsage).complains("--simulate is for calls of this process")
	s.run("doctor", "--store", "tape").want(exitUsage).complains("is no store")
}

// TestDoctorKnowsWhatClaudeSays takes the record that all processes share from a job on this machine.
func TestDoctorKnowsWhatClaudeSays(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.run(s.making()...).want(exitDone)
	st, err := storeFlags{name: s.store()}.open()
	require.NoError(t, err)
	defer st.close(&err)
	m := inOrder(t)
	key := ports.Key{Partition: "provider", Sort: m.worker["MB_MODEL"]}
	learned, err := st.Get(t.Context(), key)
	require.NoError(t, err)

	_, url := m.serve(t)
	access := deployment.Access{Region: "us-east-1", Endpoints: []string{url}}
	m.fill(t, access, "Table")
	clients, err := deployment.Connect(t.Context(), access)
	require.NoError(t, err)
	records, err := clients.Records("Table")
	require.NoError(t, err)
	require.NoError(t, records.Update(t.Context(), []ports.Key{key}, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: key, Kind: learned.Kind, Body: learned.Body})
		return nil
	}))
	m.worker["MB_QUOTA_RPM"], m.worker["MB_QUOTA_OTPM"] = "1", "1000"
	found := s.runWith(onDoctorsDay(), "doctor", "--aws", "--region", "us-east-1", "--endpoint", url).want(exitDone)
	require.Regexp(t, `model     claude-haiku-5-5, \d[0-9,]+ requests and \d[0-9,]+ output tokens per minute, as Claude says`, found.stdout)
}

// TestTheTemplateHasTheNames holds the names that a deployment is found by against the template.
func TestTheTemplateHasTheNames(t *testing.T) {
	t.Parallel()
	stack, err := deploy.Embedded().Resolve(map[string]string{
		"Stage": "prod", "Release": "v1", "CodeBucket": "code", "CodePrefix": "v1", "AlarmTopic": "arn:aws:sns:us-east-1:111122223333:alarms",
		"ClaudeKeyParameter": "/key",
	})
	require.NoError(t, err)
	for id, name := range map[string]string{deploy.Worker: "marketbrewer-prod-worker", deploy.Sweeper: "marketbrewer-prod-sweeper", deploy.API: "marketbrewer-prod-api"} {
		require.Equal(t, name, stack.Resources[id].Properties["FunctionName"])
		require.Equal(t, "live", stack.Resources[id+"Alias"].Properties["Name"])
	}
}
