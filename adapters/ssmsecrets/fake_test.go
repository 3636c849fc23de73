package ssmsecrets_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The names and first values of the tests. The value is a canary: it must not get into any text.
const (
	nameKey  = "/marketbrewer/test/claude-key"
	nameHook = "/marketbrewer/test/webhook-secret"
	canary   = "canary-4f1c7d2e9b"
	hook     = "hook-5d3a"
)

// fake is a server that speaks the JSON protocol of Systems Manager, for GetParameters alone.
type fake struct {
	*httptest.Server
	clock *porttest.ManualClock

	mu     sync.Mutex
	values map[string]string
	asked  [][]string
	// answer, if set, may answer a request in the fake's stead.
	answer func(n int, w http.ResponseWriter, r *http.Request) bool
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{values: map[string]string{nameKey: canary, nameHook: hook},
		clock: porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

// secrets returns those of the names at the fake.
func (f *fake) secrets(t *testing.T, options *ssmsecrets.Options, names ...string) *ssmsecrets.Secrets {
	t.Helper()
	return ssmsecrets.New(newClient(t, f.URL), names, f.clock, porttest.NewIDs(1), options)
}

func newClient(t *testing.T, url string) *ssm.Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return ssm.New(ssm.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(url), HTTPClient: &http.Client{Transport: transport},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
		}),
	})
}

// put changes a value.
func (f *fake) put(name, value string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.values[name] = value
}

// requests is how many have come.
func (f *fake) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked)
}

// answers sets what answers in the fake's stead.
func (f *fake) answers(answer func(n int, w http.ResponseWriter, r *http.Request) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answer = answer
}

// refuse is an error as the service writes it.
func refuse(w http.ResponseWriter, status int, code, words string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": words})
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Names          []string
		WithDecryption bool
	}
	err := json.NewDecoder(r.Body).Decode(&in)
	f.mu.Lock()
	f.asked = append(f.asked, in.Names)
	n, answer := len(f.asked), f.answer
	f.mu.Unlock()
	if answer != nil && answer(n, w, r) {
		return
	}
	sorted := slices.Sorted(slices.Values(in.Names))
	if err != nil || r.Header.Get("X-Amz-Target") != "AmazonSSM.GetParameters" || len(in.Names) < 1 || len(in.Names) > 10 ||
		len(slices.Compact(sorted)) != len(in.Names) || !in.WithDecryption {
		refuse(w, 400, "ValidationException", "the request breaks a rule")
		return
	}
	parameters, invalid := []map[string]any{}, []string{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range in.Names {
		value, ok := f.values[name]
		if !ok {
			invalid = append(invalid, name)
			continue
		}
		parameters = append(parameters, map[string]any{"Name": name, "Type": "SecureString", "Value": value, "Version": 1,
			"ARN": "arn:aws:ssm:us-east-1:000000000000:parameter" + name})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(map[string]any{"Parameters": parameters, "InvalidParameters": invalid})
}

// reveal shows a secret to a test.
func reveal(secret ports.Secret) string { return string(secret) }
