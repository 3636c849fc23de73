//go:build services

package main

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/adapters/localworker"
	"github.com/marketbrewer/marketbrewer/adapters/sqsqueue"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/wiring"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// server is the address of a service that a test needs.
func server(t *testing.T, variable string) string {
	t.Helper()
	url := os.Getenv(variable)
	if url == "" {
		t.Fatal(variable + " is not set: start the services, see make services-up")
	}
	return url
}

// distant is a deployment on DynamoDB Local and ElasticMQ, with a worker of its own in this process.
type distant struct {
	*shop
	flags   []string
	clients *deployment.Clients
	// dead is the address of the queue of messages that were given up.
	dead string
}

func (s *shop) deployAway() *distant {
	s.Helper()
	name := "mb-" + strconv.Itoa(os.Getpid()) + "-" + strings.ToLower(strings.ReplaceAll(s.Name(), "/", "-"))
	flags := []string{
		"--aws", "--region", "us-east-1", "--table", name, "--queue", name,
		"--endpoint", "dynamodb=" + server(s.T, "MB_TEST_DYNAMODB"), "--endpoint", "sqs=" + server(s.T, "MB_TEST_SQS"),
	}
	clients, err := deployment.Connect(s.Context(), deployment.Access{Region: "us-east-1", Endpoints: []string{flags[8], flags[10]}})
	require.NoError(s, err)
	require.NoError(s, dynamostore.CreateTable(s.Context(), clients.DynamoDB, name))
	dead, err := clients.SQS.CreateQueue(s.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name + "-dead")})
	require.NoError(s, err)
	made, err := clients.SQS.CreateQueue(s.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:elasticmq:000000000000:` + name + `-dead","maxReceiveCount":"5"}`,
	}})
	require.NoError(s, err)
	url := aws.ToString(made.QueueUrl)
	s.Cleanup(func() {
		_, _ = clients.DynamoDB.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		_, _ = clients.SQS.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: &url})
		_, _ = clients.SQS.DeleteQueue(context.Background(), &sqs.DeleteQueueInput{QueueUrl: dead.QueueUrl})
	})
	s.work(clients, name, url)
	s.env = map[string]string{}
	d := &distant{shop: s, flags: flags, clients: clients, dead: aws.ToString(dead.QueueUrl)}
	d.run("budget", "--business", "corner-bakery", "--set", "10").want(exitDone)
	return d
}

// work is the worker of the deployment, until the test ends.
func (s *shop) work(clients *deployment.Clients, table, url string) {
	s.Helper()
	model, err := claudemodel.New("sk-secret", &claudemodel.Options{BaseURL: s.url})
	require.NoError(s, err)
	records, err := clients.Records(table)
	require.NoError(s, err)
	queue, err := sqsqueue.New(clients.SQS, url, sysclock.Clock{}, sysclock.NewIDs(), nil)
	require.NoError(s, err)
	e, err := newDistant(records, queue, model, model, newWatch(os.Stderr, 0), wiring.Kinds(), &engine.Options{Calls: 2, FlushAfter: 20 * time.Millisecond, RequireBudget: true})
	require.NoError(s, err)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- localworker.New(e, queue, &localworker.Options{Parcels: 2, SweepEvery: time.Second}).Run(ctx)
	}()
	s.Cleanup(func() {
		s.door.open()
		stop()
		<-ended
	})
}

func (d *distant) run(args ...string) ran {
	d.Helper()
	return d.runWith(world{looks: 20 * time.Millisecond}, append(args, d.flags...)...)
}

func (d *distant) making(more ...string) []string {
	return append([]string{"generate", "--catalog", d.path("catalog.yaml"), "--page-type", "keyword-service-area", "--out", d.path("out"), "--json"}, more...)
}

func (d *distant) begin(args ...string) begun {
	b := begun{signals: make(chan os.Signal, 2), ended: make(chan ran, 1)}
	go func() {
		b.ended <- d.runWith(world{looks: 20 * time.Millisecond, signals: b.signals}, append(args, d.flags...)...)
	}()
	return b
}

func TestServicesGenerate(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.deployAway()
	done := d.run(d.making("--key", "k")...).want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	require.Equal(t, s.sim.Bill().Total.String(), done.Settled.String())
	require.FileExists(t, s.path("out/fresh-bread/warwick-ri/index.html"))
	id := string(done.Job)
	require.Contains(t, d.run("jobs", "list").want(exitDone).stdout, id)
	require.Contains(t, d.run("jobs", "show", id).want(exitDone).stdout, "state     completed")
	require.Contains(t, d.run("ledger", "verify", "--all").want(exitDone).stdout, "all in order")
	require.Equal(t, 9, strings.Count(d.run("ledger", "export", id).want(exitDone).stdout, "\n"))
	require.Contains(t, d.run(d.making("--key", "k")...).want(exitDone).stderr, "stands for this key and has ended")
	note := string(job.ParcelNote(&job.Job{ID: done.Job}, 0).Pack())
	_, err := d.clients.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &d.dead, MessageBody: &note})
	require.NoError(t, err)
	require.Equal(t, "1 message taken in: 1 dropped because their parcels need nothing\n", d.run("redrive").want(exitDone).stdout)
	require.Equal(t, 5, d.run("jobs", "retry", id, "--pages", "0", "--json").want(exitDone).result().Attempts)
	require.Regexp(t, `"earlier_answers":[1-9]`, d.run("forecast", "--catalog", s.path("catalog.yaml"), "--page-type", "keyword-service-area", "--json").want(exitDone).stdout)
}

func TestServicesWishes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	d := s.deployAway()
	held := s.door.hold(1)
	b := d.begin(d.making()...)
	<-held
	b.signals <- os.Interrupt
	how := (<-b.ended).want(exitInterrupted).result()
	require.Equal(t, job.StateRunning, how.State)
	id := string(how.Job)
	require.Equal(t, job.StatePaused, d.run("jobs", "pause", id, "--json").want(exitDone).result().State)
	s.door.open()
	done := d.run("jobs", "resume", id, "--json").want(exitDone).result()
	require.Equal(t, 4, done.Completed)
	require.Equal(t, s.sim.Bill().Total.String(), done.Settled.String())

	held = s.door.hold(0)
	b = d.begin(d.making("--key", "other")...)
	<-held
	b.signals <- os.Interrupt
	id = string((<-b.ended).want(exitInterrupted).result().Job)
	w := world{looks: 20 * time.Millisecond, reach: after(2, deployment.Open, s.door.open)}
	cancelled := d.runWith(w, append([]string{"jobs", "cancel", id, "--json"}, d.flags...)...).want(exitDone).result()
	require.Equal(t, job.StateCancelled, cancelled.State)
	require.Contains(t, d.run("ledger", "verify", "--all").want(exitDone).stdout, "all in order")
}

func TestServicesName(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	with := func(more ...string) []string {
		return append([]string{"jobs", "list", "--aws", "--region", "us-east-1", "--endpoint", "dynamodb=" + server(t, "MB_TEST_DYNAMODB"),
			"--endpoint", "sqs=" + server(t, "MB_TEST_SQS")}, more...)
	}
	s.run(with("--table", "nowhere", "--queue", "http://127.0.0.1/q")...).want(exitUsage).complains("there is no table nowhere in us-east-1: deploy the stack")
	s.run(with("--table", "nowhere", "--queue", "nowhere")...).want(exitUsage).complains("there is no queue nowhere in us-east-1: deploy the stack")
}
