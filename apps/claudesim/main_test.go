package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// started is a running program.
type started struct {
	url  string
	stop func() int
}

// start runs the program until it says where it listens.
func start(t *testing.T, args ...string) started {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	reader, writer := io.Pipe()
	var stderr bytes.Buffer
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, append([]string{"--addr", "127.0.0.1:0"}, args...), writer, &stderr)
		_ = writer.Close()
	}()
	line, err := bufio.NewReader(reader).ReadString('\n')
	require.NoError(t, err, stderr.String())
	require.Regexp(t, `^claudesim listening on http://127\.0\.0\.1:\d+\n$`, line)
	stopped := false
	stop := func() int {
		if stopped {
			return exitDone
		}
		stopped = true
		cancel()
		return <-code
	}
	t.Cleanup(func() { stop() })
	return started{strings.TrimSpace(strings.TrimPrefix(line, "claudesim listening on ")), stop}
}

const hello = `{"model":"claude-haiku-5-5","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}`

func post(url string) (*http.Response, error) {
	return send(http.MethodPost, url+"/v1/messages", hello)
}

// postBatch creates a batch of one line and reads its results, as far as the faults let it.
func postBatch(t *testing.T, url string) {
	t.Helper()
	answer, err := send(http.MethodPost, url+"/v1/messages/batches", `{"requests":[{"custom_id":"a","params":`+hello+`}]}`)
	if err != nil {
		return
	}
	var created struct{ ID string }
	require.NoError(t, json.NewDecoder(answer.Body).Decode(&created))
	require.NoError(t, answer.Body.Close())
	if answer, err = send(http.MethodGet, url+"/v1/messages/batches/"+created.ID+"/results", ""); err == nil {
		_, _ = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
	}
}

func send(method, url, body string) (*http.Response, error) {
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("X-Api-Key", "any")
	r.Header.Set("Anthropic-Version", "2023-06-01")
	r.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(r)
}

// TestServes runs alone: the programs of other tests may be given the port that it has left.
func TestServes(t *testing.T) {
	s := start(t, "--seed", "7", "--speed", "1000", "--rpm", "100", "--itpm", "100000", "--otpm", "50000",
		"--latency", "2s", "--output-tokens", "40", "--spend-cap", "0.50", "--fault-429", "0")
	answer, err := post(s.url)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	require.Equal(t, "100000", answer.Header.Get("Anthropic-Ratelimit-Requests-Limit"), "per minute of the wall")
	require.Equal(t, exitDone, s.stop())
	_, err = post(s.url) //nolint:bodyclose // there is no answer
	require.Error(t, err, "the port is free again")
}

func TestFaultFlagsReachTheSimulator(t *testing.T) {
	t.Parallel()
	var faults claudesim.Faults
	for fault := range faults.All() {
		require.NotEmpty(t, faultHelp[fault], fault)
		t.Run(string(fault), func(t *testing.T) {
			t.Parallel()
			if fault == claudesim.FaultHang {
				t.Run("EndsWithTheProgram", hangs)
				return
			}
			s := start(t, "--latency", "0s", "--batch-time", "0s", "--speed", "100000", "--fault-"+string(fault), "1")
			if strings.HasPrefix(string(fault), "batch-") {
				postBatch(t, s.url)
			} else if answer, err := post(s.url); err == nil {
				_ = answer.Body.Close()
			}
			answer, err := http.Get(s.url + "/sim/stats")
			require.NoError(t, err)
			stats, err := io.ReadAll(answer.Body)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Contains(t, string(stats), `"by_fault":{"`+string(fault)+`":1}`)
		})
	}
}

// hangs ends the program while an answer hangs: the client sees its connection closed.
func hangs(t *testing.T) {
	t.Parallel()
	s := start(t, "--latency", "0s", "--fault-hang", "1")
	lost := make(chan error, 1)
	connected := make(chan struct{})
	go func() {
		close(connected)
		answer, err := post(s.url)
		if err == nil {
			_ = answer.Body.Close()
		}
		lost <- err
	}()
	<-connected
	require.Equal(t, exitDone, s.stop())
	require.Error(t, <-lost)
}

func TestBadUsage(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string
		want string
	}{
		"UnknownFlag":    {[]string{"--fast"}, "unknown flag: --fast"},
		"Argument":       {[]string{"serve"}, `unexpected argument "serve": settings are flags`},
		"SpeedText":      {[]string{"--speed", "fast"}, `invalid argument "fast" for "--speed"`},
		"SpeedZero":      {[]string{"--speed", "0"}, "--speed 0 is out of range: give a number above 0"},
		"SpeedNegative":  {[]string{"--speed", "-2"}, "speed -2 is out of range"},
		"SpeedNaN":       {[]string{"--speed", "NaN"}, "speed NaN is out of range"},
		"RPMZero":        {[]string{"--rpm", "0"}, "--rpm 0 is out of range"},
		"OTPM":           {[]string{"--otpm", "-5"}, "otpm -5 is out of range"},
		"OutputTokens":   {[]string{"--output-tokens", "0"}, "--output-tokens 0 is out of range"},
		"Latency":        {[]string{"--latency", "-1s"}, "--latency -1s is negative"},
		"LatencyOneNano": {[]string{"--latency", "-1ns"}, "--latency -1ns is negative"},
		"LatencyText":    {[]string{"--latency", "6"}, "missing unit in duration"},
		"Burst":          {[]string{"--burst", "2m"}, "burst 2m0s is out of range"},
		"LengthSpread":   {[]string{"--length-spread", "1.5"}, "length spread 1.5 is out of range"},
		"BatchTime":      {[]string{"--batch-time", "-1s"}, "--batch-time -1s is negative"},
		"BatchRPM":       {[]string{"--batch-rpm", "0"}, "--batch-rpm 0 is out of range"},
		"SpendCapZero":   {[]string{"--spend-cap", "0"}, `--spend-cap "0": give an amount above 0`},
		"SpendCapNaN":    {[]string{"--spend-cap", "NaN"}, `--spend-cap "NaN": give US dollars such as 12.50`},
		"SpendCapEmpty":  {[]string{"--spend-cap", ""}, `--spend-cap "": give US dollars`},
		"Rate":           {[]string{"--fault-cut", "2"}, "fault-cut 2 is not a rate: give a number from 0 to 1"},
		"RateNaN":        {[]string{"--fault-cut", "NaN"}, "fault-cut NaN is not a rate"},
		"RateSum":        {[]string{"--fault-cut", "0.7", "--fault-hang", "0.7"}, "the fault rates add up to 1.4"},
		"Seed":           {[]string{"--seed", "-1"}, `invalid argument "-1" for "--seed"`},
		"Address":        {[]string{"--addr", "9090"}, `--addr "9090" is not an address: give host:port`},
		"Port":           {[]string{"--addr", "127.0.0.1:99999"}, "is not an address"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			require.Equal(t, exitUsage, run(t.Context(), test.args, &stdout, &stderr))
			require.Contains(t, stderr.String(), test.want)
			require.True(t, strings.HasPrefix(stderr.String(), "claudesim: "))
			require.Equal(t, 1, strings.Count(stderr.String(), "\n"), "one line")
			require.Empty(t, stdout.String())
		})
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitFailed, run(t.Context(), []string{"--addr", listener.Addr().String()}, &stdout, &stderr))
	require.Contains(t, stderr.String(), "choose another --addr")
	require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
}

type closedPipe struct{}

func (closedPipe) Write([]byte) (int, error) { return 0, errors.New("closed pipe") }

func TestClosedStandardOutput(t *testing.T) {
	t.Parallel()
	var stderr bytes.Buffer
	require.Equal(t, exitFailed, run(t.Context(), []string{"--addr", "127.0.0.1:0"}, closedPipe{}, &stderr))
	require.Contains(t, stderr.String(), "cannot write to standard output")
}

func TestHelp(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	require.Equal(t, exitDone, run(t.Context(), []string{"--help"}, &stdout, &stderr))
	require.Empty(t, stderr.String())
	for _, text := range []string{"Examples:", "claudesim --addr 127.0.0.1:9090 --seed 1 --speed 50 --rpm 4000", "--fault-stop-reason", "--spend-cap USD", "/sim/bill"} {
		require.Contains(t, stdout.String(), text)
	}
}
