package httpapi

import (
	"context"
	"net/http"
	"runtime"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// recover answers a panic outside of a row as a bug of ours.
func (a *API) recover(w http.ResponseWriter, r *http.Request) {
	met := recover()
	if met == nil {
		return
	}
	a.panicked(r.Context(), met)
	problemOf(fault.Internal).write(w, r)
}

// mend answers a panic in a row as any other failure of ours: it has its line in the trail, and the key of the request is told it again.
func (a *API) mend(req *http.Request, c *call, held *answer) {
	met := recover()
	if met == nil {
		return
	}
	a.panicked(req.Context(), met)
	if held.sent { // whoever reads is not to take a part for the whole
		panic(http.ErrAbortHandler)
	}
	c.problem = problemOf(fault.Internal)
	c.problem.fill(c.path, c.RequestID)
	held.problem(c.problem)
	held.checked = true // as far as it can be: it may be the check that has panicked
	a.finish(req, c, held)
}

// panicked tells the observer's side alone where a panic came from. One that only breaks an answer off goes on.
func (a *API) panicked(ctx context.Context, met any) {
	if met == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
		panic(met)
	}
	a.observe.Observe(ctx, ports.Event{
		Name: ports.EventFault, At: a.clock.Now(), RequestID: requestID(ctx), Fault: string(fault.Internal), Detail: "the API panicked in " + culprit(),
	})
}

// culprit is the function and line that a panic which is being recovered came from: where it is, and nothing of what it said.
func culprit() string {
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	panicking := false
	for {
		frame, more := frames.Next()
		inRuntime := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !inRuntime {
			return frame.Function + ":" + strconv.Itoa(frame.Line)
		}
		panicking = panicking || inRuntime
		if !more {
			return "an unknown place"
		}
	}
}
