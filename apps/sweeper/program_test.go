package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// TestTheProgramAsksForWork runs the program itself, against a runtime that never has any.
func TestTheProgramAsksForWork(t *testing.T) {
	asked, never := make(chan struct{}), make(chan struct{})
	var once sync.Once
	// It is not closed: a program that loses its runtime ends the process, and with it the test.
	runtime := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/extension/register"):
			w.Header().Set("Lambda-Extension-Identifier", "one")
			return
		case strings.HasSuffix(r.URL.Path, "/runtime/invocation/next"):
			once.Do(func() { close(asked) })
		}
		<-never
	}))
	for _, line := range environ("http://127.0.0.1:9") {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	t.Setenv("AWS_LAMBDA_RUNTIME_API", strings.TrimPrefix(runtime.URL, "http://"))
	go main()
	<-asked
}
