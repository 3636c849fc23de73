package deployment

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/smithy-go/logging"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Access says how AWS is reached, and which deployment is meant.
type Access struct {
	// Profile is one of the AWS configuration files, Region where the deployment is; empty leaves both to the SDK: AWS_PROFILE,
	// AWS_REGION, the default profile.
	Profile, Region string
	// Endpoints are addresses instead of AWS's own: a URL for every service, or service=URL for one of dynamodb, sqs, ssm,
	// lambda and events. The SDK's AWS_ENDPOINT_URL variables work beside them.
	Endpoints []string
	// Stage is the deployment: dev, staging or prod. Its worker says which table and queue it has.
	Stage string
	// Table and Queue, a name or a URL, stand for those that the worker names. With both the worker is not asked.
	Table, Queue string
}

// Clients are the services of a deployment.
type Clients struct {
	DynamoDB *dynamodb.Client
	SQS      *sqs.Client
	SSM      *ssm.Client
	Lambda   *lambda.Client
	Events   *eventbridge.Client
	// Region is where they are.
	Region string
}

const (
	// requestTime is the longest that one request takes: these are all small. connectTime is the longest until there is a
	// connection, answerTime the longest until an answer begins. The SDK tries three times: whoever asks an address that
	// leads nowhere hears of it after 12 s, one that takes the question and says nothing after half a minute.
	requestTime = 20 * time.Second
	connectTime = 4 * time.Second
	answerTime  = 10 * time.Second
)

// Connect finds region and credentials and makes the clients. Errors: Invalid (a profile, region or endpoint), Unauthorized
// (no credentials).
func Connect(ctx context.Context, a Access) (*Clients, error) {
	at, err := parseEndpoints(a.Endpoints)
	if err != nil {
		return nil, err
	}
	loaded, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(a.Profile), config.WithRegion(a.Region),
		config.WithLogger(logging.Nop{}), // what matters comes back as an error
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(requestTime).
			WithDialerOptions(func(d *net.Dialer) { d.Timeout = connectTime }).
			WithTransportOptions(func(t *http.Transport) { t.TLSHandshakeTimeout, t.ResponseHeaderTimeout = connectTime, answerTime })))
	var noProfile config.SharedConfigProfileNotExistError
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &noProfile):
		return nil, fault.New(fault.Invalid, "the AWS configuration files have no profile %q: name another with --profile, or make it with aws configure", noProfile.Profile)
	case err != nil:
		return nil, fault.New(fault.Invalid, "the AWS configuration cannot be read: %s: mend it, or name another --profile", line(err))
	case loaded.Region == "":
		return nil, fault.New(fault.Invalid, "no AWS region is set: give --region, set AWS_REGION, or give the profile one")
	}
	if err := signedIn(ctx, &loaded, at); err != nil {
		return nil, err
	}
	return at.clients(loaded), nil
}

// signedIn makes sure that there are credentials. Servers on this machine check none and get some that mean nothing.
func signedIn(ctx context.Context, loaded *aws.Config, at endpoints) error {
	if at.local() {
		loaded.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(placeholder))
		return nil
	}
	_, err := loaded.Credentials.Retrieve(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return fault.New(fault.Unauthorized, "there are no AWS credentials%s: sign in (aws sso login), name a profile that has some with --profile or AWS_PROFILE, "+
		"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", because(err))
}

// because is why there are no credentials, where that tells anything: the SDK asks a server of EC2 last of all, which a person's
// machine has not.
func because(err error) string {
	text := line(err)
	if strings.Contains(text, "IMDS") {
		return ""
	}
	return " (" + text + ")"
}

func placeholder(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "local", SecretAccessKey: "local", Source: "placeholder"}, nil
}

// line is an error in one line, short enough to stand in another.
func line(err error) string { return fault.OneLine(err, 300) }
