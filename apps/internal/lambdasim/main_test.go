package lambdasim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/lambdasim"
)

// TestMain makes the test program its own function: started with this variable it is a Lambda function and runs no test.
func TestMain(m *testing.M) {
	if behaviour := os.Getenv("LAMBDASIM_TEST"); behaviour != "" {
		function(behaviour)
		return
	}
	os.Exit(m.Run())
}

// function is the program under the emulator.
func function(behaviour string) {
	fmt.Println("init of", behaviour)
	switch behaviour {
	case "echo":
		lambda.Start(echo)
	case "flush":
		lambda.StartWithOptions(echo, lambda.WithEnableSIGTERM(func() {
			fmt.Println("flushed at the end")
			os.Exit(0)
		}))
	case "stubborn":
		lambda.StartWithOptions(echo, lambda.WithEnableSIGTERM(func() { fmt.Println("heard and ignored") }))
	case "reader":
		lambda.Start(func(context.Context) (io.Reader, error) { return iotest.ErrReader(errorOrdered{}), nil })
	case "http":
		lambda.Start(respond)
	case "raw":
		raw("http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	case "parent":
		parent()
	case "items":
		lambda.Start(items)
	case "init-exit":
		fmt.Print("no line end")
		os.Exit(7)
	case "init-error":
		body := strings.NewReader(`{"errorType":"Init.NoConfig","errorMessage":"no configuration"}`)
		answer, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json", body)
		if err != nil {
			panic(err)
		}
		fmt.Println("init error reported:", answer.Status, answer.Body.Close())
		os.Exit(1)
	case "init-hang":
		select {}
	}
}

// request says what the function shall do with one event.
type request struct {
	Do   string
	Path string
}

// answer is what it says.
type answer struct {
	Got    string
	PID    int
	Env    map[string]string `json:",omitempty"`
	Remain time.Duration     `json:",omitempty"`
	Ticks  int               `json:",omitempty"`
}

// errorOrdered is an error with a type of its own, which aws-lambda-go reports.
type errorOrdered struct{}

func (errorOrdered) Error() string { return "as ordered" }

func echo(ctx context.Context, r request) (answer, error) {
	fmt.Println("got", r.Do)
	a := answer{Got: r.Do, PID: os.Getpid()}
	switch r.Do {
	case "error":
		return a, errorOrdered{}
	case "panic":
		panic("as ordered")
	case "exit":
		os.Exit(3)
	case "leave":
		os.Exit(0)
	case "half":
		halfAnAnswer(ctx)
		os.Exit(3)
	case "wait": // until killed, after telling by a file that it is at work
		if err := os.WriteFile(r.Path, nil, 0o600); err != nil {
			return a, err
		}
		select {}
	case "meet": // until another one has come too
		return a, meet(r.Path)
	case "large":
		a.Got = strings.Repeat("x", lambdasim.PayloadLimit)
	case "env":
		a.Env = environ()
	case "deadline":
		deadline, ok := ctx.Deadline()
		if !ok {
			return a, errors.New("no deadline")
		}
		a.Remain = time.Until(deadline)
	}
	return a, nil
}

// halfAnAnswer begins to answer and goes no further, as a process does that dies meanwhile.
func halfAnAnswer(ctx context.Context) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", os.Getenv("AWS_LAMBDA_RUNTIME_API"))
	if err != nil {
		panic(err)
	}
	at, _ := lambdacontext.FromContext(ctx)
	fmt.Fprintf(conn, "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\r\nHost: runtime\r\nContent-Length: 100\r\n\r\n{\"Got\":", at.AwsRequestID)
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		panic(err)
	}
	_, _ = io.Copy(io.Discard, conn)
}

// meet leaves a mark and waits for a second one.
func meet(folder string) error {
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(os.Getpid())), nil, 0o600); err != nil {
		return err
	}
	for {
		marks, err := os.ReadDir(folder)
		if err != nil || len(marks) >= 2 {
			return err
		}
		time.Sleep(time.Millisecond)
	}
}

// environ returns the process's environment variables.
func environ() map[string]string {
	list := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		list[name] = value
	}
	return list
}

// log collects output; a line is one Write.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// world is a function with its log.
type world struct {
	*lambdasim.Function
	log *log
}

// setup makes the test program a function with a behaviour of its own.
func setup(t *testing.T, behaviour string, change ...func(*lambdasim.Config)) world {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	w := world{log: &log{}}
	config := lambdasim.Config{
		Binary: program, Timeout: time.Minute, InitTimeout: time.Minute, Shutdown: time.Minute, Output: w.log,
		// A program that was built for coverage complains at its end without the second one.
		Env: map[string]string{"LAMBDASIM_TEST": behaviour, "GOCOVERDIR": t.TempDir()},
	}
	for _, f := range change {
		f(&config)
	}
	w.Function, err = lambdasim.New(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}
