package porttest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// ModelBehaviour is what the provider behind a Model does with every request of a subtest.
type ModelBehaviour string

// The behaviours that a factory must be able to set up.
const (
	// ModelAnswers: it gives the script's answer.
	ModelAnswers ModelBehaviour = "answers"
	// ModelForgetsUsage: it gives the script's answer without saying what it counted.
	ModelForgetsUsage ModelBehaviour = "forgets usage"
	// ModelThrottles and ModelOverloads: it refuses to begin, asking to wait for the script's time unless that is 0.
	ModelThrottles ModelBehaviour = "throttles"
	ModelOverloads ModelBehaviour = "overloads"
	// ModelRejects: it refuses this request for good.
	ModelRejects ModelBehaviour = "rejects"
	// ModelRefusesKey: it does not know the key.
	ModelRefusesKey ModelBehaviour = "refuses the key"
	// ModelCapsSpending: it refuses because of a limit on spending.
	ModelCapsSpending ModelBehaviour = "caps spending"
	// ModelBreaksOff: it takes the request, does the work and breaks off before the answer is delivered.
	ModelBreaksOff ModelBehaviour = "breaks off"
	// ModelFails: it says that it failed in the middle of the work.
	ModelFails ModelBehaviour = "fails"
	// ModelIsUnreachable: nobody is there to take a request.
	ModelIsUnreachable ModelBehaviour = "is unreachable"
	// ModelHangs: it takes the request, says so on Arrived, and does nothing until the caller is gone.
	ModelHangs ModelBehaviour = "hangs"
)

// ModelScript is what the provider does in one subtest.
type ModelScript struct {
	Behaviour ModelBehaviour
	// Answer is what it says, when it answers. One that is Unbilled was refused before any output. RequestID is the provider's name for the request in every behaviour that
	// responds at all.
	Answer job.Answer
	// RetryAfter is how long it asks to wait; whole seconds, 0 for not saying.
	RetryAfter time.Duration
}

// ModelUnderTest is a Model and what can be seen behind it.
type ModelUnderTest struct {
	Model ports.Model
	// Requests is how many requests the provider has taken so far.
	Requests func() int
	// Arrived gets a value for each request that hangs. It is needed for ModelHangs alone.
	Arrived <-chan struct{}
}

// Model proves a ports.Model. The factory is called once in each subtest and sets up a provider that does as scripted.
func Model(t *testing.T, factory func(t *testing.T, script ModelScript) ModelUnderTest) {
	run := func(name string, script ModelScript, test func(t *testing.T, m ModelUnderTest, script ModelScript)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script.Answer.RequestID = "req_123"
			test(t, factory(t, script), script)
		})
	}
	answer := job.Answer{
		Text: "{\"title\": \"Gr\u00fc\u00dfe\"}", Stop: job.StopEndTurn, Model: "claude-haiku-5-5", MessageID: "msg_123",
		Usage: cost.Usage{Input: 1200, Output: 340, CacheRead: 17, CacheWrite5m: 5, CacheWrite1h: 6}, UsageOK: true,
	}
	cut := answer
	cut.Text, cut.Stop = "{\"title\"", job.StopMaxTokens
	odd := answer
	odd.Stop = "a_reason_of_tomorrow"
	refused := answer
	refused.Text, refused.Stop, refused.Detail, refused.Usage, refused.Unbilled = "", job.StopRefusal, "No.", cost.Usage{Input: 1200}, true
	for name, answer := range map[string]job.Answer{"Whole": answer, "Cut": cut, "UnknownStop": odd, "Refused": refused} {
		run("Answer/"+name, ModelScript{Behaviour: ModelAnswers, Answer: answer}, modelAnswers)
	}
	forgotten := answer
	forgotten.Usage, forgotten.UsageOK = cost.Usage{}, false
	run("Answer/WithoutUsage", ModelScript{Behaviour: ModelForgetsUsage, Answer: forgotten}, modelAnswers)
	run("Answer/SideBySide", ModelScript{Behaviour: ModelAnswers, Answer: answer}, modelTogether)

	for behaviour, kind := range map[ModelBehaviour]fault.Kind{
		ModelThrottles: fault.Throttled, ModelOverloads: fault.Overloaded, ModelRejects: fault.Rejected,
		ModelRefusesKey: fault.Unauthorized, ModelCapsSpending: fault.SpendCap,
	} {
		run("Refusal/"+string(behaviour), ModelScript{Behaviour: behaviour}, modelRefuses(kind))
	}
	for behaviour, kind := range map[ModelBehaviour]fault.Kind{
		ModelThrottles: fault.Throttled, ModelOverloads: fault.Overloaded,
	} {
		script := ModelScript{Behaviour: behaviour, RetryAfter: 17 * time.Second}
		run("Refusal/"+string(behaviour)+" for a time", script, modelRefuses(kind))
	}
	run("Unknown/BreaksOff", ModelScript{Behaviour: ModelBreaksOff}, modelUnknown)
	run("Unknown/Fails", ModelScript{Behaviour: ModelFails}, modelUnknown)
	run("Unreachable", ModelScript{Behaviour: ModelIsUnreachable}, modelUnreachable)
	run("Context/EndsACall", ModelScript{Behaviour: ModelHangs}, modelCancelled)
	run("Context/EndedBefore", ModelScript{Behaviour: ModelAnswers, Answer: answer}, modelEnded)
}

func modelRequest() job.Request {
	return job.Request{
		Model: "claude-haiku-5-5", System: "Answer in JSON.", Prompt: "Say hello.", MaxTokens: 500,
		Schema: []byte(`{"type":"object","properties":{"title":{"type":"string"}},"required":["title"],` +
			`"additionalProperties":false}`),
	}
}

func modelAnswers(t *testing.T, m ModelUnderTest, script ModelScript) {
	reply, err := m.Model.Call(t.Context(), modelRequest())
	require.NoError(t, err)
	require.Equal(t, script.Answer, reply.Answer)
	require.Equal(t, 1, m.Requests())
}

func modelTogether(t *testing.T, m ModelUnderTest, script ModelScript) {
	const calls = 20
	var running sync.WaitGroup
	results := make(chan error, calls)
	for range calls {
		running.Go(func() {
			reply, err := m.Model.Call(t.Context(), modelRequest())
			if err == nil && reply.Answer != script.Answer {
				err = fault.New(fault.Internal, "another answer: %+v", reply.Answer)
			}
			results <- err
		})
	}
	running.Wait()
	for range calls {
		require.NoError(t, <-results)
	}
	require.Equal(t, calls, m.Requests())
}

func modelRefuses(kind fault.Kind) func(t *testing.T, m ModelUnderTest, script ModelScript) {
	return func(t *testing.T, m ModelUnderTest, script ModelScript) {
		reply, err := m.Model.Call(t.Context(), modelRequest())
		require.ErrorIs(t, err, kind)
		require.Equal(t, kind, fault.KindOf(err))
		require.False(t, fault.Unknown(err), "a refusal costs nothing")
		require.Equal(t, script.RetryAfter, fault.RetryAfter(err))
		require.Empty(t, reply.Text)
		require.Equal(t, 1, m.Requests(), "one call is one request")
	}
}

func modelUnknown(t *testing.T, m ModelUnderTest, _ ModelScript) {
	reply, err := m.Model.Call(t.Context(), modelRequest())
	require.Error(t, err)
	require.True(t, fault.Unknown(err), "%v may have been billed", err)
	require.Empty(t, reply.Text)
	require.Equal(t, 1, m.Requests(), "a request whose outcome is unknown is never sent again")
}

func modelUnreachable(t *testing.T, m ModelUnderTest, _ ModelScript) {
	_, err := m.Model.Call(t.Context(), modelRequest())
	require.ErrorIs(t, err, fault.Unavailable)
	require.False(t, fault.Unknown(err), "%v: nothing was sent", err)
	require.Zero(t, m.Requests())
}

func modelCancelled(t *testing.T, m ModelUnderTest, _ ModelScript) {
	ctx, cancel := context.WithCancel(t.Context())
	called := start(func() error {
		_, err := m.Model.Call(ctx, modelRequest())
		return err
	})
	<-m.Arrived
	cancel()
	err := <-called
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, m.Requests())
	if e := new(fault.Error); fault.KindOf(err) != fault.Internal {
		require.ErrorAs(t, err, &e)
		require.True(t, e.Unknown, "with a kind it must say that it may have been billed")
	}
}

func modelEnded(t *testing.T, m ModelUnderTest, _ ModelScript) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := m.Model.Call(ctx, modelRequest())
	require.ErrorIs(t, err, context.Canceled)
	require.False(t, fault.Unknown(err))
	require.Zero(t, m.Requests())
}
