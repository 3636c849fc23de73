package claudesim

// message is the body of a successful answer.
type message struct {
	ID           string       `json:"id"`
	Type         string       `json:"type"`
	Role         string       `json:"role"`
	Model        string       `json:"model"`
	Content      []any        `json:"content"`
	StopReason   optional     `json:"stop_reason"`
	StopSequence *string      `json:"stop_sequence"`
	StopDetails  *stopDetails `json:"stop_details"`
	// Usage is a usage, or what a fault makes of it; nil leaves it out.
	Usage any `json:"usage,omitempty"`
}

// optional is a text that is null when it is empty.
type optional string

// MarshalJSON writes the text or null.
func (o optional) MarshalJSON() ([]byte, error) {
	if o == "" {
		return []byte("null"), nil
	}
	return encode(string(o)), nil
}

type textBlock struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// thinkingBlock has its text left out, as the current models do unless asked.
type thinkingBlock struct {
	Type      string `json:"type"`
	Thinking  string `json:"thinking"`
	Signature string `json:"signature"`
}

type stopDetails struct {
	Type        string  `json:"type"`
	Category    *string `json:"category"`
	Explanation *string `json:"explanation"`
}

type usage struct {
	InputTokens              int64         `json:"input_tokens"`
	CacheCreationInputTokens int64         `json:"cache_creation_input_tokens"`
	CacheReadInputTokens     int64         `json:"cache_read_input_tokens"`
	CacheCreation            cacheCreation `json:"cache_creation"`
	OutputTokens             int64         `json:"output_tokens"`
	OutputTokensDetails      outputDetails `json:"output_tokens_details"`
	ServerToolUse            *struct{}     `json:"server_tool_use"`
	ServiceTier              string        `json:"service_tier"`
	Speed                    string        `json:"speed"`
	InferenceGeo             string        `json:"inference_geo"`
}

type cacheCreation struct {
	Ephemeral5m int64 `json:"ephemeral_5m_input_tokens"`
	Ephemeral1h int64 `json:"ephemeral_1h_input_tokens"`
}

type outputDetails struct {
	ThinkingTokens int64 `json:"thinking_tokens"`
}

const (
	stopEndTurn   optional = "end_turn"
	stopMaxTokens optional = "max_tokens"
	stopSequence  optional = "stop_sequence"
	stopRefusal   optional = "refusal"
)

// answer is a composed answer and what it costs; how it is delivered is decided elsewhere.
type answer struct {
	request *request
	message message
	// tokens are what is billed; the output is also what the rate limits are charged.
	tokens
	// free answers are not billed.
	free bool
}

// draft is an answer while its text is being written.
type draft struct {
	text     string
	thinking int64
	stop     optional
	sequence *string
	// output is the number of tokens produced, thinking included.
	output int64
}

// compose writes the answer that the request's fate holds.
func (s *Sim) compose(q *request, f fate) answer { return s.draft(q, f).answer(q, f) }

// draft writes the text and counts its tokens.
func (s *Sim) draft(q *request, f fate) draft {
	d := draft{text: s.write(q, f), thinking: q.thinkingTokens(f), stop: stopEndTurn}
	d.breakText(q, f)
	d.limit(q)
	return d
}

// answer puts the text into a message with its usage.
func (d draft) answer(q *request, f fate) answer {
	a := answer{request: q, tokens: q.use.tokens}
	a.output = d.output
	a.message = message{
		ID: f.messageID(), Type: "message", Role: "assistant", Model: q.model.id, Content: d.content(f),
		StopReason: d.stop, StopSequence: d.sequence,
	}
	a.breakMeta(f)
	a.report(q, d.thinking, f)
	return a
}

// limit ends the text at a stop sequence or at max_tokens, thinking included, and counts its tokens.
func (d *draft) limit(q *request) {
	if d.stop == stopEndTurn {
		d.stopAt(q.stops)
	}
	d.output = d.thinking + textTokens(d.text)
	if d.output <= q.maxTokens {
		return
	}
	d.stop, d.sequence, d.output = stopMaxTokens, nil, q.maxTokens
	d.thinking = min(d.thinking, q.maxTokens)
	d.text = firstRunes(d.text, tokenRunes(q.maxTokens-d.thinking))
}

// content is the blocks of the answer: thinking first, if there is any.
func (d *draft) content(f fate) []any {
	blocks := []any{}
	if d.thinking > 0 {
		blocks = append(blocks, thinkingBlock{Type: "thinking", Signature: f.signature()})
	}
	if d.text != "" {
		blocks = append(blocks, textBlock{Type: "text", Text: d.text})
	}
	return blocks
}

// report adds the usage, true or broken.
func (a *answer) report(q *request, thinking int64, f fate) {
	u := usage{
		InputTokens: a.input, CacheCreationInputTokens: a.write5m + a.write1h, CacheReadInputTokens: a.read,
		CacheCreation: cacheCreation{Ephemeral5m: a.write5m, Ephemeral1h: a.write1h},
		OutputTokens:  a.output, OutputTokensDetails: outputDetails{thinking},
		ServiceTier: q.tier(), Speed: "standard", InferenceGeo: q.geo,
	}
	a.message.Usage = u
	if f.fault == FaultUsage {
		a.breakUsage(u, f.stream(streamBreak))
	}
}

// charge is what the answer costs.
func (a *answer) charge(fault Fault) Charge {
	q := a.request
	return Charge{
		Model: q.model.id, InputTokens: a.input, OutputTokens: a.output,
		CacheWriteTokens: a.write5m + a.write1h, CacheReadTokens: a.read, Batch: q.batch,
		Amount: q.model.price.cost(a.tokens, q.batch, q.geo), Fault: fault,
	}
}

// tier is the service tier that answers the request.
func (q *request) tier() string {
	if q.batch {
		return "batch"
	}
	return "standard"
}
