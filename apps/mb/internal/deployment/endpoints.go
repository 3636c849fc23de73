package deployment

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// services are those that can have an address of their own.
var services = []string{"dynamodb", "sqs", "ssm", "lambda", "events"}

// endpoints are addresses by the name of the service; "" is for all others.
type endpoints map[string]string

// CheckEndpoints reports what is wrong with addresses of Access.Endpoints.
func CheckEndpoints(list []string) error {
	_, err := parseEndpoints(list)
	return err
}

func parseEndpoints(list []string) (endpoints, error) {
	at := endpoints{}
	for _, text := range list {
		service, address := "", text
		if before, after, named := strings.Cut(text, "="); named && !strings.Contains(before, "/") {
			service, address = before, after
		}
		if service != "" && !slices.Contains(services, service) {
			return nil, fault.New(fault.Invalid, "--endpoint %q: %q is no service of a deployment: give one of %s", text, service, strings.Join(services, ", "))
		}
		if _, twice := at[service]; twice {
			return nil, fault.New(fault.Invalid, "--endpoint %q: this is given twice: give one URL for all services, or one for each", text)
		}
		if u, err := url.Parse(address); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return nil, fault.New(fault.Invalid, "--endpoint %q is no address: give a URL like http://127.0.0.1:8000, or service=URL", text)
		}
		at[service] = address
	}
	return at, nil
}

// of is the address of a service; nil for the SDK's own choice.
func (e endpoints) of(service string) *string {
	for _, name := range []string{service, ""} {
		if address, some := e[name]; some {
			return &address
		}
	}
	return nil
}

// local reports whether every service that matters is on this machine.
func (e endpoints) local() bool {
	if len(e) == 0 || e[""] == "" && (e["dynamodb"] == "" || e["sqs"] == "") {
		return false
	}
	for _, address := range e {
		u, err := url.Parse(address)
		if err != nil {
			return false
		}
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

func (e endpoints) clients(loaded aws.Config) *Clients {
	own := func(base **string, service string) {
		if address := e.of(service); address != nil {
			*base = address
		}
	}
	return &Clients{
		Region:   loaded.Region,
		DynamoDB: dynamodb.NewFromConfig(loaded, func(o *dynamodb.Options) { own(&o.BaseEndpoint, "dynamodb") }),
		SQS:      sqs.NewFromConfig(loaded, func(o *sqs.Options) { own(&o.BaseEndpoint, "sqs") }),
		SSM:      ssm.NewFromConfig(loaded, func(o *ssm.Options) { own(&o.BaseEndpoint, "ssm") }),
		Lambda:   lambda.NewFromConfig(loaded, func(o *lambda.Options) { own(&o.BaseEndpoint, "lambda") }),
		Events:   eventbridge.NewFromConfig(loaded, func(o *eventbridge.Options) { own(&o.BaseEndpoint, "events") }),
	}
}
