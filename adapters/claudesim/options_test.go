package claudesim_test

import (
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options claudesim.Options
		want    string
	}{
		"SpeedNegative": {claudesim.Options{Speed: -1}, "speed -1 is out of range: give a number above 0"},
		"SpeedNaN":      {claudesim.Options{Speed: math.NaN()}, "speed NaN"},
		"SpeedInfinite": {claudesim.Options{Speed: math.Inf(1)}, "speed +Inf"},
		"RPM":           {claudesim.Options{RPM: -1}, "rpm -1 is out of range: give 1 to 1000000000 per minute"},
		"ITPM":          {claudesim.Options{ITPM: 2_000_000_000}, "itpm 2000000000 is out of range"},
		"OTPM":          {claudesim.Options{OTPM: -1}, "otpm -1 is out of range"},
		"SpendCap":      {claudesim.Options{SpendCap: -1}, "spend cap -0.000000000001 is negative"},
		"Latency":       {claudesim.Options{Latency: -time.Second}, "latency -1s is negative: give a duration such as 6s"},
		"OutputTokens":  {claudesim.Options{OutputTokens: -1}, "output tokens -1 is out of range"},
		"OutputTokens+": {claudesim.Options{OutputTokens: 128_001}, "output tokens 128001 is out of range"},
		"BatchRPM":      {claudesim.Options{BatchRPM: -1}, "batch rpm -1 is out of range"},
		"BatchQueue":    {claudesim.Options{BatchQueue: -1}, "batch queue -1 is out of range"},
		"BatchTime":     {claudesim.Options{BatchTime: -time.Second}, "batch time -1s is negative: give a duration such as 10m"},
		"Burst":         {claudesim.Options{Burst: 2 * time.Minute}, "burst 2m0s is out of range: give a duration such as 1s, at most 1m"},
		"LengthSpread":  {claudesim.Options{LengthSpread: 2}, "length spread 2 is out of range: give a number from 0 to 1"},
		"RatesOfLines":  {claudesim.Options{Faults: claudesim.Faults{BatchErrored: 0.6, BatchMissing: 0.6}}, "the fault rates add up to 1.2"},
		"RateNegative":  {claudesim.Options{Faults: claudesim.Faults{Hang: -0.1}}, "fault-hang -0.1 is not a rate: give a number from 0 to 1"},
		"RateAboveOne":  {claudesim.Options{Faults: claudesim.Faults{StopReason: 1.1}}, "fault-stop-reason 1.1 is not a rate"},
		"RateNaN":       {claudesim.Options{Faults: claudesim.Faults{Status429: math.NaN()}}, "fault-429 NaN is not a rate"},
		"RatesSum":      {claudesim.Options{Faults: claudesim.Faults{Cut: 0.6, Usage: 0.6}}, "the fault rates add up to 1.2: lower them to a sum of at most 1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, err := claudesim.New(&test.options)
			require.Nil(t, sim)
			require.ErrorContains(t, err, "claudesim: "+test.want)
		})
	}
}

func TestNewAccepts(t *testing.T) {
	t.Parallel()
	tenths := claudesim.Faults{}
	for _, rate := range tenths.All() {
		*rate = 1.0 / 40
	}
	for _, options := range []*claudesim.Options{nil, {}, {Faults: tenths}, {Faults: claudesim.Faults{Empty: 1}}} {
		sim, err := claudesim.New(options)
		require.NoError(t, err)
		sim.Close()
		require.Contains(t, []int{http.StatusOK, 400, 402, 409, 413, 429, 502, 529, 500, 504}, status(sim))
	}
}

// status is the status of one request, or 200 when a fault lost the answer.
func status(sim *claudesim.Sim) (code int) {
	defer func() {
		if recover() != nil {
			code = http.StatusOK
		}
	}()
	return serve(sim, ask()).Code
}

func TestDefaultLimits(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	h := f.post(ask()).header
	require.Equal(t, "4000", h.Get("anthropic-ratelimit-requests-limit"))
	require.Equal(t, "8000000", h.Get("anthropic-ratelimit-input-tokens-limit"))
	require.Equal(t, "1600000", h.Get("anthropic-ratelimit-output-tokens-limit"))
	require.Equal(t, "9600000", h.Get("anthropic-ratelimit-tokens-limit"))
}
