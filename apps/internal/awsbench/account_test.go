//go:build services

package awsbench

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/deploy"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// key is the key that the simulated Claude takes, and that no output may show.
const key = "sk-ant-canary-9f2c71d0b4"

// deployment says how an account differs from the template's production.
type deployment struct {
	claude claudesim.Options
	// workers is how many invocations there are at once at most; 0 leaves it to the template.
	workers int
	// faults is which part of all requests to AWS is broken, kill the time between two kills of a worker.
	faults float64
	kill   time.Duration
	sweep  time.Duration
	// set are settings of the functions beside the template's.
	set map[string]string
}

// account is a deployment that runs: a table, queues, a secret, functions, and a Claude to call.
type account struct {
	t      *testing.T
	name   string
	sim    *claudesim.Sim
	claude *httptest.Server
	taps   map[string]*tap
	output *output
	engine *engine.Engine

	// stack is the template's, deployed what its settings come to with those of the deployment.
	stack           *deploy.Stack
	deployed        settings.Deployed
	memory          int
	worker, sweeper *lambdasim.Function
	mapping         *lambdasim.Mapping
	billed          atomic.Int64
	invocations     atomic.Int64
	failures        atomic.Int64
	kills           int
	// own is what the submitter takes of the table.
	own     units
	running sync.WaitGroup
	stop    context.CancelFunc
}

var accounts atomic.Int64

func endpoint(t *testing.T, name string) string {
	url := os.Getenv("MB_TEST_" + name)
	require.NotEmpty(t, url, "MB_TEST_%s is not set: run make test-aws, or make services-up and source .marketbrewer/services/env", name)
	return url
}

func config(url string) aws.Config {
	return aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""), BaseEndpoint: &url,
	}
}

// parameters are those of a production.
var parameters = map[string]string{
	"Stage": "prod", "Release": "bench", "CodeBucket": "code", "CodePrefix": "build", "AlarmTopic": "arn:aws:sns:us-east-1:000000000000:alarms",
	"ClaudeKeyParameter": "/marketbrewer/claude-key",
}

// newAccount makes an account. It is taken down with the test.
func newAccount(t *testing.T, d deployment) *account {
	seed := uint64(accounts.Add(1))
	a := &account{t: t, name: "bench-" + strconv.FormatUint(seed, 10) + "-" + strconv.Itoa(os.Getpid()), output: &output{}}
	d.claude.Seed, d.claude.Key = seed, key
	var err error
	a.stack, err = deploy.Embedded().Resolve(parameters)
	require.NoError(t, err)
	a.memory, err = strconv.Atoi(fmt.Sprint(a.stack.Resources[deploy.Worker].Properties["MemorySize"]))
	require.NoError(t, err)
	a.sim, err = claudesim.New(&d.claude)
	require.NoError(t, err)
	a.claude = httptest.NewServer(a.sim)
	t.Cleanup(func() {
		a.sim.Close()
		a.claude.CloseClientConnections()
		a.claude.Close()
	})
	a.taps = map[string]*tap{}
	for service, url := range map[string]string{"dynamodb": "DYNAMODB", "sqs": "SQS", "ssm": "SSM"} {
		a.taps[service] = newTap(t, service, endpoint(t, url), d.faults, seed)
	}
	env := a.environment(d)
	queues := a.resources()
	env["MB_QUEUE_URL"] = queues[0]
	a.submitter(queues[0])
	a.functions(d, env, queues)
	return a
}

// environment is that of the worker and, as it has no more, of the sweeper too.
func (a *account) environment(d deployment) map[string]string {
	env := a.stack.Variables(deploy.Worker)
	maps.Copy(env, map[string]string{
		"MB_TABLE": a.name, "MB_CLAUDE_KEY_PARAMETER": "/" + a.name + "/claude-key", "ANTHROPIC_BASE_URL": a.claude.URL,
		"AWS_ENDPOINT_URL_DYNAMODB": a.taps["dynamodb"].server.URL, "AWS_ENDPOINT_URL_SQS": a.taps["sqs"].server.URL,
		"AWS_ENDPOINT_URL_SSM": a.taps["ssm"].server.URL,
	})
	if d.workers > 0 {
		env["MB_MAX_CONCURRENCY"] = strconv.Itoa(d.workers)
	}
	maps.Copy(env, d.set)
	stack, err := a.stack.Deployed()
	require.NoError(a.t, err)
	worker, err := settings.FromMap[settings.Worker](env)
	require.NoError(a.t, err)
	a.deployed = worker.Deployed()
	a.deployed.BatchWindow = stack.BatchWindow
	return env
}

// resources makes the table, the two queues and the secret, past the taps.
func (a *account) resources() (queues [2]string) {
	ctx, t := a.t.Context(), a.t
	require.NoError(t, dynamostore.CreateTable(ctx, dynamodb.NewFromConfig(config(endpoint(t, "DYNAMODB"))), a.name))
	client := sqs.NewFromConfig(config(endpoint(t, "SQS")))
	dead, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(a.name + "-dead")})
	require.NoError(t, err)
	redrive, err := json.Marshal(map[string]string{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:000000000000:" + a.name + "-dead", "maxReceiveCount": "5"})
	require.NoError(t, err)
	work, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(a.name), Attributes: map[string]string{
		"VisibilityTimeout": strconv.Itoa(int(a.deployed.Visibility.Seconds())), "RedrivePolicy": string(redrive),
	}})
	require.NoError(t, err)
	_, err = ssm.NewFromConfig(config(endpoint(t, "SSM"))).PutParameter(ctx, &ssm.PutParameterInput{
		Name: aws.String("/" + a.name + "/claude-key"), Value: aws.String(key), Type: ssmtypes.ParameterTypeSecureString,
	})
	require.NoError(t, err)
	return [2]string{*work.QueueUrl, *dead.QueueUrl}
}

// submitter is the engine of whoever submits: it makes no calls.
func (a *account) submitter(queue string) {
	ids := sysclock.NewIDs()
	store, err := dynamostore.New(dynamodb.NewFromConfig(config(a.taps["dynamodb"].server.URL)), a.name, sysclock.Clock{}, ids, &dynamostore.Options{Observer: &a.own})
	require.NoError(a.t, err)
	sender, err := sqsqueue.New(sqs.NewFromConfig(config(a.taps["sqs"].server.URL)), queue, sysclock.Clock{}, ids, nil)
	require.NoError(a.t, err)
	a.engine, err = engine.New(engine.Ports{
		Store: store, Queue: sender, Model: silent{}, Clock: sysclock.Clock{}, Group: sysclock.Group{}, IDs: ids, Observer: silent{},
	}, wiring.Kinds(), nil)
	require.NoError(a.t, err)
}

// silent calls nobody and tells nobody.
type silent struct{}

func (silent) Call(context.Context, job.Request) (ports.Reply, error) {
	panic("the submitter calls nobody")
}
func (silent) Observe(context.Context, ports.Event) {}

// units counts what a store takes.
type units struct{ read, write atomic.Int64 }

// Observe implements ports.Observer.
func (u *units) Observe(_ context.Context, e ports.Event) {
	u.read.Add(int64(e.ReadUnits))
	u.write.Add(int64(e.WriteUnits))
}

// functions starts the worker and the sweeper with all that invokes them.
func (a *account) functions(d deployment, env map[string]string, queues [2]string) {
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	function := func(name string, most int) *lambdasim.Function {
		f, err := lambdasim.New(context.Background(), lambdasim.Config{
			Binary: built(a.t, name), Name: name, Env: env, MemoryMB: a.memory, Timeout: a.deployed.FunctionTimeout, Concurrency: most, Output: a.output, Report: a.report,
		})
		require.NoError(a.t, err)
		return f
	}
	a.worker, a.sweeper = function("worker", a.deployed.MaxConcurrency), function("sweeper", 3)
	mapping := func(queue string, f *lambdasim.Function, most, batch int, window time.Duration) *lambdasim.Mapping {
		client := sqs.NewFromConfig(config(a.taps["sqs"].server.URL))
		m, err := lambdasim.NewMapping(lambdasim.MappingConfig{
			Source: lambdasim.NewSQS(client, queue, "us-east-1", "000000000000"), Function: f, BatchSize: batch, Window: window,
			MaximumConcurrency: most, ReportBatchItemFailures: true, Visibility: a.deployed.Visibility,
		})
		require.NoError(a.t, err)
		a.running.Go(func() { m.Run(ctx) })
		return m
	}
	a.mapping = mapping(queues[0], a.worker, a.deployed.MaxConcurrency, a.deployed.BatchSize, a.deployed.BatchWindow)
	mapping(queues[1], a.sweeper, 2, 10, 0)
	a.running.Go(func() { _ = lambdasim.Schedule{Function: a.sweeper, Every: d.sweep}.Run(ctx) })
	if d.kill > 0 {
		a.running.Go(func() { a.killAgainAndAgain(ctx, d.kill) })
	}
	a.t.Cleanup(a.close)
}

// report counts what Lambda bills.
func (a *account) report(r lambdasim.Result) {
	a.invocations.Add(1)
	a.billed.Add(int64(r.Billed()))
	if r.Error != nil {
		a.failures.Add(1)
	}
}

// killAgainAndAgain kills one of the workers that are at work, at any moment: twice as often at one time as at another.
func (a *account) killAgainAndAgain(ctx context.Context, every time.Duration) {
	chance := rand.New(rand.NewPCG(uint64(every), 1))
	// The last workers of a job are not killed for ever: a page has five tries at an unknown outcome.
	for a.kills < mostKills {
		select {
		case <-ctx.Done():
			return
		case <-time.After(every/2 + time.Duration(chance.Int64N(int64(every)))):
		}
		busy := slices.DeleteFunc(a.worker.Environments(), func(e lambdasim.Environment) bool { return !e.Busy })
		if len(busy) > 0 {
			a.worker.Kill(busy[chance.IntN(len(busy))].ID)
			a.kills++
		}
	}
}

const mostKills = 15

// rest ends all invoking; what is at work ends first.
func (a *account) rest() {
	a.stop()
	a.running.Wait()
}

func (a *account) close() {
	a.rest()
	a.worker.Close()
	a.sweeper.Close()
	if a.t.Failed() {
		a.t.Logf("the functions' last lines:\n%s", a.output.tail(30))
	}
}

// output keeps the lines of all functions.
type output struct {
	mu    sync.Mutex
	lines []string
}

func (o *output) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.lines = append(o.lines, string(line))
	return len(line), nil
}

func (o *output) tail(n int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.lines[max(len(o.lines)-n, 0):], "")
}

func (o *output) bytes() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range o.lines {
		n += len(line)
	}
	return n
}

// metric sums a metric over all lines.
func (o *output) metric(name string) (sum float64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range o.lines {
		if !strings.Contains(line, `"_aws"`) {
			continue
		}
		var values map[string]json.RawMessage
		if json.Unmarshal([]byte(line), &values) == nil {
			n, _ := strconv.ParseFloat(string(values[name]), 64)
			sum += n
		}
	}
	return sum
}

// contains reports whether any line has the text.
func (o *output) contains(text string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, line := range o.lines {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}
