package cloud

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/caarlos0/env/v11"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Access is how a process reaches AWS.
type Access struct {
	config aws.Config
	// endpoints are addresses to use instead of AWS's own, by the name of the service; "" is for all others.
	endpoints map[string]string
}

// The variables that Lambda sets in every environment, and the SDK's names for other endpoints.
const (
	regionVariable   = "AWS_REGION"
	keyVariable      = "AWS_ACCESS_KEY_ID"
	secretVariable   = "AWS_SECRET_ACCESS_KEY"
	tokenVariable    = "AWS_SESSION_TOKEN"
	endpointVariable = "AWS_ENDPOINT_URL"
)

// idle is how many connections to one service are kept: more than the engine has Updates under way.
const idle = 200

// NewAccess reads region, credentials and endpoints from an environment, lines of NAME=value as os.Environ gives them. The
// credentials of a function live as long as its environment. The error joins one of fault.Invalid for each that is missing.
func NewAccess(environ []string) (*Access, error) {
	set := env.ToMap(environ)
	var problems []error
	for _, name := range []string{regionVariable, keyVariable, secretVariable} {
		if set[name] == "" {
			problems = append(problems, fault.New(fault.Invalid, "%s is not set: Lambda sets it; elsewhere set it by hand", name))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	keys := aws.Credentials{
		AccessKeyID: set[keyVariable], SecretAccessKey: set[secretVariable], SessionToken: set[tokenVariable], Source: "environment",
	}
	a := &Access{endpoints: map[string]string{}, config: aws.Config{
		Region:      set[regionVariable],
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }),
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = 2*idle, idle
		}),
	}}
	for name, value := range set {
		if service, is := strings.CutPrefix(name, endpointVariable); is && value != "" {
			a.endpoints[strings.TrimPrefix(service, "_")] = value
		}
	}
	return a, nil
}

// For is the configuration of a service's client: the common one, with the service's address when the environment has one.
func (a *Access) For(service string) aws.Config {
	config := a.config
	for _, name := range []string{service, ""} {
		if url := a.endpoints[name]; url != "" {
			config.BaseEndpoint = &url
			break
		}
	}
	return config
}

// NewDynamoDB returns a client. It sends nothing.
func NewDynamoDB(a *Access) *dynamodb.Client { return dynamodb.NewFromConfig(a.For("DYNAMODB")) }

// NewSQS returns a client. It sends nothing.
func NewSQS(a *Access) *sqs.Client { return sqs.NewFromConfig(a.For("SQS")) }
