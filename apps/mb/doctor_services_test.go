//go:build services

package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamodbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventstypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
)

// ownAccount gives each deployment an account of its own on the server, so that its names are free whoever else tests there.
//
// Moto says of a mapping which version its alias stands for, where Lambda names the alias: the answers are put right on the
// way, so that mappings of the worker end in worker and those of the sweeper in :live.
func ownAccount(t *testing.T, worker string) (id, address string) {
	t.Helper()
	id = fmt.Sprintf("%012d", rand.Int64N(1_000_000_000_000))
	moto, err := url.Parse(server(t, "MB_TEST_SSM"))
	require.NoError(t, err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(moto)
		r.Out.Host = r.In.Host // addresses in answers lead through here too
		r.Out.Header.Set("x-moto-account-id", id)
	}, ModifyResponse: func(r *http.Response) error {
		if !strings.Contains(r.Request.URL.Path, "event-source-mappings") {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = regexp.MustCompile(`(marketbrewer-dev-worker)(:\w+|:\$LATEST)?"`).ReplaceAll(body, []byte("${1}"+worker+`"`))
		body = regexp.MustCompile(`(marketbrewer-dev-sweeper)(:\w+|:\$LATEST)?"`).ReplaceAll(body, []byte(`${1}:live"`))
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		return nil
	}})
	t.Cleanup(proxy.Close)
	return id, proxy.URL
}

// raise makes the deployment on moto and returns how it is reached.
func (m *made) raise(t *testing.T) deployment.Access {
	t.Helper()
	id, address := ownAccount(t, m.qualifier)
	access := deployment.Access{Region: "us-east-1", Endpoints: []string{address}}
	c, err := deployment.Connect(t.Context(), access)
	require.NoError(t, err)
	queues := m.raiseQueues(t, c, id)
	m.raiseTable(t, c)
	m.fill(t, access, "Table")
	role := raiseRole(t, address, id)
	for name, variables := range m.functions() {
		raiseFunction(t, c, name, role, variables, m.timeoutOf(name))
		m.reserve(t, c, name)
	}
	m.raiseSchedule(t, c, id)
	m.raiseMappings(t, c, queues)
	if m.secret != "" {
		_, err := c.SSM.PutParameter(t.Context(), &ssm.PutParameterInput{Name: aws.String("/marketbrewer/dev/claude-key"), Value: aws.String("sk-secret"), Type: ssmtypes.ParameterType(m.secret)})
		require.NoError(t, err)
	}
	return access
}

// raiseQueues makes the two queues and returns their ARNs.
func (m *made) raiseQueues(t *testing.T, c *deployment.Clients, account string) [2]string {
	t.Helper()
	make := func(name string, attributes map[string]string) string {
		out, err := c.SQS.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		require.NoError(t, err)
		if name == "Parcels" {
			for _, variables := range m.functions() {
				variables["MB_QUEUE_URL"] = aws.ToString(out.QueueUrl)
			}
		}
		return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", c.Region, account, name)
	}
	dead := make("DeadLetters", map[string]string{"MessageRetentionPeriod": "1209600", "VisibilityTimeout": m.deadVisibility, "DelaySeconds": m.deadDelay})
	attributes := map[string]string{"VisibilityTimeout": m.visibility, "MessageRetentionPeriod": "345600", "DelaySeconds": m.delay}
	if m.receives != "" {
		attributes["RedrivePolicy"] = fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%s}`, dead, m.receives)
	}
	return [2]string{make("Parcels", attributes), dead}
}

func (m *made) raiseTable(t *testing.T, c *deployment.Clients) {
	t.Helper()
	input := dynamostore.TableInput("Table")
	input.DeletionProtectionEnabled = &m.protected
	_, err := c.DynamoDB.CreateTable(t.Context(), input)
	require.NoError(t, err)
	if m.ttl {
		_, err := c.DynamoDB.UpdateTimeToLive(t.Context(), dynamostore.TTLInput("Table"))
		require.NoError(t, err)
	}
	_, err = c.DynamoDB.UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{
		TableName: input.TableName, PointInTimeRecoverySpecification: &dynamodbtypes.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: &m.pitr},
	})
	require.NoError(t, err)
}

// raiseRole makes the role that functions need. Nobody here needs the SDK's client for that.
func raiseRole(t *testing.T, address, account string) string {
	t.Helper()
	form := url.Values{"Action": {"CreateRole"}, "Version": {"2010-05-08"}, "RoleName": {"mb"}, "AssumeRolePolicyDocument": {`{"Version":"2012-10-17","Statement":[]}`}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=local/20261126/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, string(body))
	return "arn:aws:iam::" + account + ":role/mb"
}

func raiseFunction(t *testing.T, c *deployment.Clients, name, role string, variables map[string]string, timeout int) {
	t.Helper()
	var archive bytes.Buffer
	files := zip.NewWriter(&archive)
	_, err := files.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, files.Close())
	made, err := c.Lambda.CreateFunction(t.Context(), &lambda.CreateFunctionInput{
		FunctionName: &name, Role: &role, Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Code: &lambdatypes.FunctionCode{ZipFile: archive.Bytes()}, Timeout: aws.Int32(int32(timeout)), MemorySize: aws.Int32(256),
		Environment: &lambdatypes.Environment{Variables: variables}, Publish: true,
	})
	require.NoError(t, err)
	_, err = c.Lambda.CreateAlias(t.Context(), &lambda.CreateAliasInput{FunctionName: &name, Name: aws.String("live"), FunctionVersion: made.Version})
	require.NoError(t, err)
}

func (m *made) reserve(t *testing.T, c *deployment.Clients, name string) {
	t.Helper()
	if n, is := m.reserved[name]; is {
		_, err := c.Lambda.PutFunctionConcurrency(t.Context(), &lambda.PutFunctionConcurrencyInput{FunctionName: &name, ReservedConcurrentExecutions: aws.Int32(int32(n))})
		require.NoError(t, err)
	}
}

func (m *made) raiseSchedule(t *testing.T, c *deployment.Clients, account string) {
	t.Helper()
	if m.schedule == "" {
		return
	}
	state := eventstypes.RuleStateEnabled
	if m.unscheduled {
		state = eventstypes.RuleStateDisabled
	}
	_, err := c.Events.PutRule(t.Context(), &eventbridge.PutRuleInput{Name: aws.String("sweep"), ScheduleExpression: &m.schedule, State: state})
	require.NoError(t, err)
	_, err = c.Events.PutTargets(t.Context(), &eventbridge.PutTargetsInput{Rule: aws.String("sweep"), Targets: []eventstypes.Target{
		{Id: aws.String("sweeper"), Arn: aws.String("arn:aws:lambda:" + c.Region + ":" + account + ":function:marketbrewer-dev-sweeper:live")},
	}})
	require.NoError(t, err)
}

func (m *made) raiseMappings(t *testing.T, c *deployment.Clients, queues [2]string) {
	t.Helper()
	worker := &lambda.CreateEventSourceMappingInput{
		FunctionName: aws.String("marketbrewer-dev-worker"), EventSourceArn: &queues[0], BatchSize: aws.Int32(4), MaximumBatchingWindowInSeconds: aws.Int32(5),
		Enabled: aws.Bool(!m.disabled),
	}
	answering(worker, m.partial, m.concurrency)
	if m.filtered {
		worker.FilterCriteria = &lambdatypes.FilterCriteria{Filters: []lambdatypes.Filter{{Pattern: aws.String("{}")}}}
	}
	inputs := []*lambda.CreateEventSourceMappingInput{worker}
	if m.unfed {
		inputs = nil
	}
	if m.sweeper != nil {
		dead := &lambda.CreateEventSourceMappingInput{FunctionName: aws.String("marketbrewer-dev-sweeper"), EventSourceArn: &queues[1], BatchSize: aws.Int32(10)}
		answering(dead, m.deadPartial, m.deadConcurrency)
		inputs = append(inputs, dead)
	}
	for _, input := range inputs {
		_, err := c.Lambda.CreateEventSourceMapping(t.Context(), input)
		require.NoError(t, err)
	}
}

// answering gives a mapping what it has of these.
func answering(mapping *lambda.CreateEventSourceMappingInput, partial bool, concurrency int) {
	if partial {
		mapping.FunctionResponseTypes = []lambdatypes.FunctionResponseType{lambdatypes.FunctionResponseTypeReportBatchItemFailures}
	}
	if concurrency > 0 {
		mapping.ScalingConfig = &lambdatypes.ScalingConfig{MaximumConcurrency: aws.Int32(int32(concurrency))}
	}
}

// examined runs the doctor on the deployment on moto.
func (m *made) examined(t *testing.T) ran {
	t.Helper()
	access := m.raise(t)
	return newShop(t).runWith(onDoctorsDay(), "doctor", "--aws", "--region", access.Region, "--endpoint", access.Endpoints[0])
}

func TestServicesDoctorFindsNothing(t *testing.T) {
	t.Parallel()
	found := inOrder(t).examined(t).want(exitDone)
	require.Contains(t, found.stdout, "all in order\n")
	require.Contains(t, found.stdout, "SecureString, version 1\n")
	require.NotContains(t, found.stdout+found.stderr, "sk-secret")
}

func TestServicesDoctorFindsEachAlone(t *testing.T) {
	t.Parallel()
	for name, ill := range ailments() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := inOrder(t)
			ill.spoil(m)
			found := m.examined(t)
			if name == "no sweeper" { // then nothing can feed it either
				found.want(exitProblems)
				require.Contains(t, found.stdout, ill.want)
				return
			}
			diagnosed(t, found, ill.want)
		})
	}
}
