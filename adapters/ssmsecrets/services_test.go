//go:build services

package ssmsecrets_test

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/ssmsecrets"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// prefixes counts the tests of this run, each of which has parameters of its own.
var prefixes atomic.Int64

// server returns a client of the server, and a prefix for the names.
func server(t *testing.T) (*ssm.Client, string) {
	t.Helper()
	endpoint := os.Getenv("MB_TEST_SSM")
	if endpoint == "" {
		t.Fatal("MB_TEST_SSM is not set: start the servers with make services-up")
	}
	return newClient(t, endpoint), fmt.Sprintf("/marketbrewer-test/%d/%d/", os.Getpid(), prefixes.Add(1))
}

func put(t *testing.T, client *ssm.Client, name, value string) {
	t.Helper()
	overwrite := true
	_, err := client.PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Type: types.ParameterTypeSecureString, Overwrite: &overwrite,
	})
	require.NoError(t, err)
}

// TestServerRotation puts 12 parameters, reads them, changes one, and is told of the change.
func TestServerRotation(t *testing.T) {
	t.Parallel()
	client, prefix := server(t)
	var names []string
	for i := range 12 {
		names = append(names, fmt.Sprint(prefix, i))
		put(t, client, names[i], fmt.Sprint("value ", i))
	}
	s := ssmsecrets.New(client, names, sysclock.Clock{}, sysclock.NewIDs(), nil)
	s.Prefetch(t.Context())
	require.NoError(t, s.Load(t.Context()))
	for i, name := range names {
		require.Equal(t, fmt.Sprint("value ", i), get(t, s, name))
	}
	put(t, client, names[3], "rotated")
	require.Equal(t, "value 3", get(t, s, names[3]), "it is kept")
	secret, err := s.Renewed(t.Context(), names[3], "value 3")
	require.NoError(t, err)
	require.Equal(t, "rotated", reveal(secret))
	require.Equal(t, "rotated", get(t, s, names[3]))
}

func TestServerMissing(t *testing.T) {
	t.Parallel()
	client, prefix := server(t)
	put(t, client, prefix+"there", "value")
	s := ssmsecrets.New(client, []string{prefix + "there", prefix + "gone"}, sysclock.Clock{}, sysclock.NewIDs(), nil)
	require.ErrorIs(t, s.Load(t.Context()), fault.NotFound)
	require.ErrorContains(t, s.Load(t.Context()), prefix+"gone")
	require.Equal(t, "value", get(t, s, prefix+"there"))
}

// TestServerVersions asks for one version of a parameter, and by ARN.
func TestServerVersions(t *testing.T) {
	t.Parallel()
	client, prefix := server(t)
	name := prefix + "key"
	put(t, client, name, "first")
	put(t, client, name, "second")
	out, err := client.GetParameter(t.Context(), &ssm.GetParameterInput{Name: &name})
	require.NoError(t, err)
	names := []string{name + ":1", name + ":2"}
	s := ssmsecrets.New(client, names, sysclock.Clock{}, sysclock.NewIDs(), nil)
	require.Equal(t, "first", get(t, s, names[0]))
	require.Equal(t, "second", get(t, s, names[1]))
	arn := *out.Parameter.ARN
	require.Equal(t, "second", get(t, ssmsecrets.New(client, []string{arn}, sysclock.Clock{}, sysclock.NewIDs(), nil), arn))
}
