//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/functiontest"
	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// asFunction is the variable that makes the test program the function itself.
const asFunction = "WORKER_TEST_AS_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestTheEndOfTheEnvironmentIsHeard: a process that Lambda ends in the middle of its work writes what it has counted first. Lambda
// sends the signal only to a function that has asked for it, and kills every other at once.
func TestTheEndOfTheEnvironmentIsHeard(t *testing.T) {
	t.Parallel()
	reading, release := make(chan struct{}, 100), make(chan struct{})
	s := functiontest.NewServices(t, func(w http.ResponseWriter, target string) {
		reading <- struct{}{}
		<-release
		functiontest.Empty(w, target)
	})
	t.Cleanup(func() { close(release) })
	environ := map[string]string{asFunction: "yes"}
	for _, line := range functiontest.Environ(s.URL) {
		name, value, _ := strings.Cut(line, "=")
		environ[name] = value
	}
	out := &told{counted: make(chan map[string]any, 100)}
	program, err := os.Executable()
	require.NoError(t, err)
	f, err := lambdasim.New(t.Context(), lambdasim.Config{
		Binary: program, Env: environ, Timeout: 5 * time.Minute, InitTimeout: time.Minute, Shutdown: time.Minute, Output: out,
	})
	require.NoError(t, err)
	t.Cleanup(f.Close)
	payload, err := json.Marshal(event(message))
	require.NoError(t, err)
	ended := make(chan lambdasim.Result, 1)
	go func() {
		result, _ := f.Invoke(t.Context(), payload)
		ended <- result
	}()
	<-reading
	environment := f.Environments()[0]
	require.True(t, environment.Busy)
	gone := make(chan error, 1)
	go func() { gone <- f.Terminate(environment.ID) }()
	select {
	case line := <-out.counted:
		require.EqualValues(t, 1, line["Messages"], "the message that is being worked on")
	case <-ended:
		require.Fail(t, "the process was killed without a word", out.String())
	}
	process, err := os.FindProcess(environment.PID)
	require.NoError(t, err)
	require.NoError(t, process.Kill()) // as Lambda does half a second later
	require.NoError(t, <-gone)
	require.Equal(t, lambdasim.ErrorExit, (<-ended).Error.Type)
}

// told is what a function writes; its lines of metrics come in a channel.
type told struct {
	mu      sync.Mutex
	all     bytes.Buffer
	counted chan map[string]any
}

func (o *told) Write(line []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var fields map[string]any
	if json.Unmarshal(line, &fields) == nil && fields["_aws"] != nil {
		o.counted <- fields
	}
	return o.all.Write(line)
}

func (o *told) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}
