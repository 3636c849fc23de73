package deployment_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/deployment"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// alone takes away what the machine knows of AWS. The SDK reads the environment itself, so that these tests are one after
// the other.
func alone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		t.Setenv(name, "")
		require.NoError(t, os.Unsetenv(name)) // put back by Setenv's own cleanup
	}
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(dir, "credentials"))
	return dir
}

func TestConnectSaysWhatIsMissing(t *testing.T) {
	dir := alone(t)
	_, err := deployment.Connect(t.Context(), deployment.Access{})
	require.ErrorIs(t, err, fault.Invalid)
	require.EqualError(t, err, "no AWS region is set: give --region, set AWS_REGION, or give the profile one")
	_, err = deployment.Connect(t.Context(), deployment.Access{Region: "us-east-1"})
	require.ErrorIs(t, err, fault.Unauthorized)
	require.EqualError(t, err, "there are no AWS credentials: sign in (aws sso login), name a profile that has some with --profile or AWS_PROFILE, "+
		"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", "no word of servers that a person's machine has not")
	_, err = deployment.Connect(t.Context(), deployment.Access{Profile: "nobody"})
	require.ErrorContains(t, err, `have no profile "nobody": name another with --profile`)
	_, err = deployment.Connect(t.Context(), deployment.Access{Endpoints: []string{"http://"}})
	require.ErrorContains(t, err, "is no address")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = deployment.Connect(ended, deployment.Access{Region: "us-east-1"})
	require.ErrorIs(t, err, context.Canceled)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "config"), []byte("[profile half]\nregion = us-east-1\ncredential_source = Nowhere\nrole_arn = arn:aws:iam::1:role/r\n"), 0o600))
	_, err = deployment.Connect(t.Context(), deployment.Access{Profile: "half"})
	require.ErrorContains(t, err, "the AWS configuration cannot be read: ")
}

func TestSilenceSaysWhoWasAsked(t *testing.T) {
	t.Parallel()
	asked := func(err error) error {
		return &smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://sqs.eu-west-1.amazonaws.com/", Err: err}}
	}
	require.Equal(t, "no answer from sqs.eu-west-1.amazonaws.com", deployment.Silence(asked(os.ErrDeadlineExceeded)))
	require.Equal(t, "no answer from sqs.eu-west-1.amazonaws.com", deployment.Silence(asked(&net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded})))
	require.Equal(t, "dial: refused", deployment.Silence(asked(&net.OpError{Op: "dial", Err: errors.New("refused")})))
	require.Equal(t, "no answer", deployment.Silence(os.ErrDeadlineExceeded))
	require.Equal(t, "no answer", deployment.Silence(&url.Error{URL: "http://\x7f", Err: os.ErrDeadlineExceeded}))
}

func TestConnectByAProfile(t *testing.T) {
	dir := alone(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config"), []byte("[profile work]\nregion = eu-west-1\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "credentials"), []byte("[work]\naws_access_key_id = mine\naws_secret_access_key = s\n"), 0o600))
	var by string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by = r.Header.Get("Authorization")
		w.Header().Set("X-Amzn-ErrorType", "ResourceNotFoundException")
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	// One service on this machine is not all: whoever signs in elsewhere does so with the profile's own credentials.
	a := deployment.Access{Profile: "work", Stage: "dev", Endpoints: []string{"lambda=" + server.URL}}
	_, err := deployment.Open(t.Context(), a)
	require.ErrorIs(t, err, fault.NotFound)
	require.ErrorContains(t, err, "there is no function marketbrewer-dev-worker:live in eu-west-1")
	require.Contains(t, by, "Credential=mine/")
	a.Region, a.Endpoints = "us-west-2", []string{server.URL}
	_, err = deployment.Open(t.Context(), a)
	require.ErrorContains(t, err, "in us-west-2")
	require.Contains(t, by, "Credential=local/", "servers on this machine get credentials that mean nothing")
}

func TestEveryAnswerHasItsAdvice(t *testing.T) {
	alone(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	for code, test := range map[string]struct {
		status int
		kind   fault.Kind
		want   string
	}{
		"TooManyRequestsException":       {429, fault.Throttled, "AWS refuses to answer about function marketbrewer-dev-worker:live for now (TooManyRequestsException): try again in a minute"},
		"SlowDown":                       {429, fault.Throttled, "(SlowDown)"},
		"UnrecognizedClientException":    {403, fault.Unauthorized, "AWS does not take the credentials (UnrecognizedClientException): sign in again"},
		"SomethingForbidden":             {403, fault.Unauthorized, "may not be read"},
		"InvalidParameterValueException": {400, fault.Rejected, "cannot be read: InvalidParameterValueException: words"},
		"ServiceException":               {500, fault.Unavailable, "AWS answered 500 when it was asked about function marketbrewer-dev-worker:live: try again in a minute: ServiceException: words"},
		"Unknown":                        {503, fault.Unavailable, "AWS answered 503 when it was asked about "},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Amzn-ErrorType", code)
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(`{"Message":"words"}`))
		}))
		_, err := deployment.Open(t.Context(), deployment.Access{Region: "us-east-1", Stage: "dev", Endpoints: []string{server.URL}})
		require.ErrorIs(t, err, test.kind, code)
		require.ErrorContains(t, err, test.want, code)
		server.CloseClientConnections()
		_, err = deployment.Open(cancelled(t), deployment.Access{Region: "us-east-1", Stage: "dev", Endpoints: []string{server.URL}})
		require.ErrorIs(t, err, context.Canceled)
		server.Close()
	}
	broken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer broken.Close()
	_, err := deployment.Open(t.Context(), deployment.Access{Region: "us-east-1", Stage: "dev", Endpoints: []string{broken.URL}})
	require.ErrorIs(t, err, fault.Unavailable)
	require.ErrorContains(t, err, "EOF")
}

func cancelled(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}
