package claudesim

import (
	"context"
	"fmt"
	"math"
	"time"
)

// NoLatency as Options.Latency makes the simulator answer at once.
const NoLatency time.Duration = -1

// Defaults of the limits: four times the Start tier of Claude's rate limits (1,000 requests, 2,000,000 input
// and 400,000 output tokens per minute and model).
const (
	DefaultRPM  = 4_000
	DefaultITPM = 8_000_000
	DefaultOTPM = 1_600_000
)

const (
	mostSpeed     = 1_000_000
	mostPerMinute = 1_000_000_000
)

// Options are the settings of a simulator. The zero value is a healthy account on the wall clock.
type Options struct {
	// Seed decides everything that is drawn; two simulators with one seed treat equal requests alike.
	Seed uint64
	// Speed multiplies the simulator's clock: latencies shrink, and limits refill, by this factor. 0 means 1;
	// at most 1,000,000. What clients are told stays in wall time: retry-after, resets, dates of batches, and
	// limits per minute, which are speed times as high.
	Speed float64
	// RPM, ITPM and OTPM are requests, input tokens and output tokens per simulated minute, for each model
	// family that has limits of its own. 0 means the default; at most 1,000,000,000.
	RPM, ITPM, OTPM int
	// Burst is how much of a minute's requests and input tokens may be used at once: with a second, 60 requests per
	// minute act as one per second. At least one request passes. 0 means the whole minute, which is the most.
	Burst time.Duration
	// Acceleration refuses a sharp ramp below the limits too: after ten simulated minutes without a request, a
	// model allows an eighth of its requests per minute (at least 60, ten seconds' worth at once), which doubles
	// each minute.
	Acceleration bool
	// BatchRPM is calls of all batch routes together per simulated minute, BatchQueue the requests of batches that
	// may be waiting to be done. 0 means the default; at most 1,000,000,000.
	BatchRPM, BatchQueue int
	// BatchTime is the median simulated time until a batch ends; its lines are done one after the other before. 0
	// means DefaultBatchTime, NoLatency that a batch has ended when it is created. What is not done within 24
	// hours expires.
	BatchTime time.Duration
	// Key is the only API key that is accepted; empty accepts any. Sim.Rotate changes it.
	Key string
	// SpendCap refuses further requests once the bill has reached it. The request that reaches it is billed in
	// full. 0 means no cap.
	SpendCap PicoUSD
	// Latency is the median time of an answer, in simulated time. 0 means that it follows from the model's
	// speed and the length of the answer; NoLatency means none.
	Latency time.Duration
	// OutputTokens is the median length of an answer's text, 1 to 128,000. 0 means 300 tokens for plain text,
	// and what the schema needs for structured output. A page keeps to the word count that its prompt asks for.
	OutputTokens int
	// LengthSpread makes the answers of each template longer or shorter than they would be, by a factor that the
	// seed and the template decide: 0.6 to 1.6 at 1, nothing at 0. A template is what requests have in common:
	// the system prompt and the schema, without a system prompt the first 200 bytes of the first message. A page
	// still fulfils its schema, but not the word count that its prompt asks for.
	LengthSpread float64
	// Faults are the rates of injected faults.
	Faults Faults
	// Now is the wall clock. Nil means time.Now.
	Now func() time.Time
	// Sleep waits for a wall duration or until the context ends. Nil means a timer.
	Sleep func(context.Context, time.Duration) error
}

// withDefaults returns checked options with every zero value filled in.
func (o *Options) withDefaults() (Options, error) {
	var filled Options
	if o != nil {
		filled = *o
	}
	if err := filled.check(); err != nil {
		return Options{}, fmt.Errorf("claudesim: %w", err)
	}
	filled.RPM = orDefault(filled.RPM, DefaultRPM)
	filled.ITPM = orDefault(filled.ITPM, DefaultITPM)
	filled.OTPM = orDefault(filled.OTPM, DefaultOTPM)
	filled.BatchRPM = orDefault(filled.BatchRPM, DefaultBatchRPM)
	filled.BatchQueue = orDefault(filled.BatchQueue, DefaultBatchQueue)
	filled.BatchTime = orDefault(filled.BatchTime, DefaultBatchTime)
	if filled.Speed == 0 {
		filled.Speed = 1
	}
	if filled.Now == nil {
		filled.Now = time.Now
	}
	if filled.Sleep == nil {
		filled.Sleep = sleep
	}
	return filled, nil
}

func (o *Options) check() error {
	switch {
	case math.IsNaN(o.Speed) || o.Speed < 0 || o.Speed > mostSpeed:
		return fmt.Errorf("speed %v is out of range: give a number above 0, at most %d", o.Speed, mostSpeed)
	case o.SpendCap < 0:
		return fmt.Errorf("spend cap %s is negative: give an amount above 0, or leave it out for no cap", o.SpendCap)
	case o.Latency < 0 && o.Latency != NoLatency:
		return fmt.Errorf("latency %v is negative: give a duration such as 6s", o.Latency)
	case o.Burst < 0 || o.Burst > time.Minute:
		return fmt.Errorf("burst %v is out of range: give a duration such as 1s, at most 1m", o.Burst)
	case math.IsNaN(o.LengthSpread) || o.LengthSpread < 0 || o.LengthSpread > 1:
		return fmt.Errorf("length spread %v is out of range: give a number from 0 to 1", o.LengthSpread)
	case o.BatchTime < 0 && o.BatchTime != NoLatency:
		return fmt.Errorf("batch time %v is negative: give a duration such as 10m", o.BatchTime)
	case o.OutputTokens < 0 || o.OutputTokens > mostOutput:
		return fmt.Errorf("output tokens %d is out of range: give 1 to %d, or leave it out", o.OutputTokens, mostOutput)
	}
	for _, limit := range []struct {
		name  string
		value int
	}{{"rpm", o.RPM}, {"itpm", o.ITPM}, {"otpm", o.OTPM}, {"batch rpm", o.BatchRPM}, {"batch queue", o.BatchQueue}} {
		if limit.value < 0 || limit.value > mostPerMinute {
			return fmt.Errorf("%s %d is out of range: give 1 to %d per minute", limit.name, limit.value, mostPerMinute)
		}
	}
	return o.Faults.check()
}

func orDefault[T int | time.Duration](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
