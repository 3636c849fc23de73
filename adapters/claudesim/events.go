package claudesim

import "unicode/utf8"

// event is one event of a stream.
type event struct {
	name string
	data any
}

// deltaRunes is how many characters one event of text has.
const deltaRunes = 40

type eventStart struct {
	Type    string  `json:"type"`
	Message message `json:"message"`
}

type eventBlockStart struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
	Block any    `json:"content_block"`
}

type eventBlockDelta struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
	Delta any    `json:"delta"`
}

type eventBlockStop struct {
	Type  string `json:"type"`
	Index int    `json:"index"`
}

type textDelta struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type signatureDelta struct {
	Type      string `json:"type"`
	Signature string `json:"signature"`
}

type eventDelta struct {
	Type  string    `json:"type"`
	Delta stopDelta `json:"delta"`
	Usage any       `json:"usage,omitempty"`
}

type stopDelta struct {
	StopReason   optional     `json:"stop_reason"`
	StopSequence *string      `json:"stop_sequence"`
	StopDetails  *stopDetails `json:"stop_details"`
}

type eventOnly struct {
	Type string `json:"type"`
}

// start is the first event: the message without content, and what the prompt used.
func (a *answer) start() event {
	m := a.message
	m.Content, m.StopReason, m.StopSequence, m.StopDetails = []any{}, "", nil, nil
	if u, ok := m.Usage.(usage); ok {
		u.OutputTokens, u.OutputTokensDetails = min(u.OutputTokens, 1), outputDetails{}
		m.Usage = u
	}
	return event{"message_start", eventStart{"message_start", m}}
}

// body is the events of the content: for each block its start, its text piece by piece, its end. After the
// first start comes a ping.
func (a *answer) body() []event {
	ping := event{"ping", eventOnly{"ping"}}
	var events []event
	for i, block := range a.message.Content {
		var deltas []any
		switch b := block.(type) {
		case thinkingBlock:
			deltas = append(deltas, signatureDelta{"signature_delta", b.Signature})
			b.Signature = ""
			block = b
		case textBlock:
			deltas = pieces(b.Text)
			b.Text = ""
			block = b
		}
		events = append(events, event{"content_block_start", eventBlockStart{"content_block_start", i, block}})
		if i == 0 {
			events = append(events, ping)
		}
		for _, d := range deltas {
			events = append(events, event{"content_block_delta", eventBlockDelta{"content_block_delta", i, d}})
		}
		events = append(events, event{"content_block_stop", eventBlockStop{"content_block_stop", i}})
	}
	if len(events) == 0 {
		events = append(events, ping)
	}
	return events
}

func pieces(text string) []any {
	var deltas []any
	for text != "" {
		piece := firstRunes(text, deltaRunes)
		if utf8.RuneCountInString(text) < 2*deltaRunes {
			piece = text
		}
		deltas = append(deltas, textDelta{"text_delta", piece})
		text = text[len(piece):]
	}
	return deltas
}

// finish is the last two events: why it stopped, and the whole usage.
func (a *answer) finish() []event {
	m := &a.message
	delta := eventDelta{"message_delta", stopDelta{m.StopReason, m.StopSequence, m.StopDetails}, m.Usage}
	return []event{{"message_delta", delta}, {"message_stop", eventOnly{"message_stop"}}}
}
