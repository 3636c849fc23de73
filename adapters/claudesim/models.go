package claudesim

// mostOutput is the largest max_tokens of the current models.
const mostOutput = 128_000

// mostLongOutput is that of batches with the beta header for it.
const mostLongOutput = 300_000

// thinkingRule is which thinking settings a model accepts and what happens without one.
type thinkingRule int

const (
	// thinkingOff: off unless asked for; enabled with a budget is allowed.
	thinkingOff thinkingRule = iota
	// thinkingMayStop: on by default, disabled is allowed up to high effort.
	thinkingMayStop
	// thinkingAlways: on by default, between_tools is the least.
	thinkingAlways
)

// model is one model of the simulated account.
type model struct {
	id, name, line, created string
	// pool names the rate limits that the model shares with its family.
	pool    string
	price   price
	context int64
	output  int64
	// leastPrefix is the shortest prompt prefix that is cached, in tokens.
	leastPrefix int64
	thinking    thinkingRule
	// firstToken is the median time to the first token and speed the tokens per second, in seconds.
	firstToken, speed float64
	// noForcedTool: tool_choice any or tool is an error.
	noForcedTool bool
}

const (
	million      = 1_000_000
	haikuContext = 200_000
	haikuOutput  = 64_000
	// haikuStep is the prompt length above which Haiku 5.5 costs five times as much.
	haikuStep = 100_000
)

// epoch stands for a release date that is not known, as in the API.
const epoch = "1970-01-01T00:00:00Z"

// models is the list of GET /v1/models, with the prices published in autumn 2026 (US dollars per million
// tokens, in hundredths). The speeds of Opus and Fable are guesses.
var models = []model{
	{
		id: "claude-haiku-5-5", name: "Claude Haiku 5.5", line: "haiku", created: epoch, pool: "haiku-5-5",
		price:   price{base: perMTok(10, 50, 1), high: perMTok(50, 250, 5), step: haikuStep},
		context: million, output: mostOutput, leastPrefix: 512, thinking: thinkingMayStop, firstToken: 0.8, speed: 120,
	},
	{
		id: "claude-sonnet-5-5", name: "Claude Sonnet 5.5", line: "sonnet", created: epoch, pool: "sonnet-5-5",
		price: price{base: perMTok(200, 1000, 10)}, context: million, output: mostOutput, leastPrefix: 512,
		thinking: thinkingAlways, firstToken: 1.6, speed: 70, noForcedTool: true,
	},
	{
		id: "claude-opus-5-5", name: "Claude Opus 5.5", line: "opus", created: epoch, pool: "opus-5-5",
		price: price{base: perMTok(400, 2000, 20)}, context: million, output: mostOutput, leastPrefix: 512, thinking: thinkingAlways, firstToken: 2, speed: 60,
	},
	{
		id: "claude-fable-5-1", name: "Claude Fable 5.1", line: "fable", created: epoch, pool: "fable-5-1",
		price: price{base: perMTok(1000, 5000, 25)}, context: million, output: mostOutput, leastPrefix: 512, thinking: thinkingAlways, firstToken: 2.5, speed: 45,
	},
	older("claude-sonnet-5", "Claude Sonnet 5", "sonnet", "sonnet-5", epoch, perMTok(200, 1000, 20), 1024),
	older("claude-opus-5", "Claude Opus 5", "opus", "opus-5", epoch, perMTok(500, 2500, 50), 512),
	older("claude-opus-4-8", "Claude Opus 4.8", "opus", "opus-4", epoch, perMTok(500, 2500, 50), 1024),
	older("claude-opus-4-7", "Claude Opus 4.7", "opus", "opus-4", epoch, perMTok(500, 2500, 50), 2048),
	older("claude-opus-4-6", "Claude Opus 4.6", "opus", "opus-4", epoch, perMTok(500, 2500, 50), 4096),
	older("claude-opus-4-5", "Claude Opus 4.5", "opus", "opus-4", "2025-11-01T00:00:00Z", perMTok(500, 2500, 50), 4096),
	older("claude-sonnet-4-6", "Claude Sonnet 4.6", "sonnet", "sonnet-4", epoch, perMTok(300, 1500, 30), 1024),
	older("claude-sonnet-4-5", "Claude Sonnet 4.5", "sonnet", "sonnet-4", "2025-09-29T00:00:00Z", perMTok(300, 1500, 30), 1024),
	haiku45("claude-haiku-4-5"),
	haiku45("claude-haiku-4-5-20251001"),
}

// older is a model of the generations that do not think unless asked to.
func older(id, name, line, pool, created string, base rate, leastPrefix int64) model {
	return model{
		id: id, name: name, line: line, created: created, pool: pool, price: price{base: base},
		context: million, output: mostOutput, leastPrefix: leastPrefix, firstToken: 1.8, speed: 63,
	}
}

func haiku45(id string) model {
	m := older(id, "Claude Haiku 4.5", "haiku", "haiku-4-5", "2025-10-01T00:00:00Z", perMTok(100, 500, 10), 4096)
	m.context, m.output, m.firstToken, m.speed = haikuContext, haikuOutput, 0.8, 120
	return m
}

var modelsByID = func() map[string]*model {
	byID := make(map[string]*model, len(models))
	for i := range models {
		byID[models[i].id] = &models[i]
	}
	return byID
}()
