package cloud_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/cloud"
	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// environ is the least environment, with an address for each of some services.
func environ(more ...string) []string {
	return append([]string{"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIACANARY", "AWS_SECRET_ACCESS_KEY=canary-secret", "AWS_SESSION_TOKEN=canary-token"}, more...)
}

func newWatch(out io.Writer) *cloud.Watch {
	return cloud.NewWatch(out, "worker", settings.Shared{Stage: "dev", Release: "v7"}, sysclock.Clock{})
}

func TestWhatIsMissingIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	_, err := cloud.NewAccess([]string{"AWS_ACCESS_KEY_ID=AKIACANARY", "AWS_SESSION_TOKEN=canary-token"})
	require.ErrorIs(t, err, fault.Invalid)
	require.EqualError(t, err, "AWS_REGION is not set: Lambda sets it; elsewhere set it by hand\n"+
		"AWS_SECRET_ACCESS_KEY is not set: Lambda sets it; elsewhere set it by hand")
	_, err = cloud.NewAccess(environ("AWS_REGION="))
	require.ErrorContains(t, err, "AWS_REGION")
}

// TestWatch: what happens goes to the log and is counted; both are lines of one output.
func TestWatch(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := newWatch(&out)
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "request-1"})
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 25 {
				w.Observe(ctx, ports.Event{Name: ports.EventFault, At: time.Now(), Fault: "throttled", Job: "j-1", Detail: "slow down"})
			}
		})
	}
	running.Wait()
	w.Flush(ctx)
	require.Equal(t, 100, strings.Count(out.String(), `"invocation":"request-1"`))
	require.Contains(t, out.String(), `"_aws"`)
	for line := range strings.Lines(out.String()) {
		require.True(t, strings.HasPrefix(line, "{") && strings.HasSuffix(line, "}\n"), line)
	}
}

func TestMetricsThatCannotBeWrittenAreSaid(t *testing.T) {
	t.Parallel()
	out := &full{}
	w := newWatch(out)
	w.Observe(t.Context(), ports.Event{Name: ports.EventFault, At: time.Now(), Fault: "throttled"})
	out.is = true
	w.Flush(t.Context())
	require.Contains(t, out.refused, "metrics were not written")
}

// full is an output that takes nothing once it is.
type full struct {
	is      bool
	refused string
}

func (f *full) Write(line []byte) (int, error) {
	if f.is {
		f.refused += string(line)
		return 0, errors.New("no space")
	}
	return len(line), nil
}
