package claudemodel_test

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// simulated is a simulator over HTTP, on a clock that the test moves.
type simulated struct {
	*httptest.Server
	sim      *claudesim.Sim
	requests atomic.Int32
	time     porttest.Time
}

func simulate(t *testing.T, options claudesim.Options) *simulated {
	t.Helper()
	s := &simulated{time: porttest.Manual()}
	options.Now = s.time.Clock.Now
	if options.Latency == 0 {
		options.Latency = claudesim.NoLatency
	}
	var err error
	s.sim, err = claudesim.New(&options)
	require.NoError(t, err)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		s.sim.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.Close()
		s.sim.Close()
	})
	return s
}

func TestBatchModel(t *testing.T) {
	porttest.BatchModel(t, func(t *testing.T, behaviour porttest.BatchBehaviour) porttest.BatchModelUnderTest {
		s := simulate(t, claudesim.Options{Seed: 7, Faults: map[porttest.BatchBehaviour]claudesim.Faults{
			porttest.BatchLosesCreate: {BatchCreateLost: 1},
			porttest.BatchCutsResults: {BatchResultsCut: 1},
		}[behaviour]})
		url := s.URL
		if behaviour == porttest.BatchIsUnreachable {
			url = "http://" + closedPort
		}
		return porttest.BatchModelUnderTest{
			Model: newModel(t, url, nil), Requests: func() int { return int(s.requests.Load()) }, Time: s.time,
			Finish: func() { s.time.Elapse(23 * time.Hour) }, // most end within one, and none may take more than a day
		}
	})
}
