package claudesim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

func (s *Sim) readModel(q *request, raw json.RawMessage) error {
	if !isString(raw) {
		return errors.New("model: Input should be a valid string")
	}
	q.model = modelsByID[text(raw)]
	if q.model == nil {
		return notFound("model: " + text(raw))
	}
	return nil
}

func (s *Sim) readMessages(q *request, raw json.RawMessage) error {
	var messages []json.RawMessage
	if err := json.Unmarshal(raw, &messages); err != nil {
		return errors.New("messages: Input should be a valid list")
	}
	if len(messages) == 0 {
		return errors.New("messages: at least one message is required")
	}
	role := ""
	for i, m := range messages {
		var err error
		if role, err = q.readMessage(m, i); err != nil {
			return err
		}
	}
	if role == "assistant" {
		return errors.New("This model does not support assistant message prefill. The conversation must end with a user message.") //nolint:staticcheck // ST1005: the API's own words
	}
	q.messages = len(messages)
	for _, b := range slices.Backward(q.turns) {
		q.texts = append(q.texts, b.text)
	}
	return nil
}

func (q *request) readMessage(raw json.RawMessage, i int) (role string, err error) {
	path := fmt.Sprintf("messages.%d", i)
	m, err := object(raw, path, "role", "content")
	if err != nil {
		return "", err
	}
	if role, err = oneOf(m["role"], path+".role", "user", "assistant"); err != nil {
		return "", err
	}
	if i == 0 && role != "user" {
		return "", errors.New(`messages: first message must use the "user" role`)
	}
	blocks, err := q.readContent(m["content"], path+".content", role)
	if len(blocks) > 0 {
		blocks[0].tokens += perMessage
	}
	q.turns = append(q.turns, blocks...)
	return role, err
}

func (s *Sim) readSystem(q *request, raw json.RawMessage) error {
	var err error
	q.system, err = q.readContent(raw, "system", "system")
	for _, b := range q.system {
		q.texts = append(q.texts, b.text)
	}
	return err
}

// readContent reads a string or a list of text blocks.
func (q *request) readContent(raw json.RawMessage, path, role string) ([]promptBlock, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("%s: Field required", path)
	}
	if isString(raw) {
		t := text(raw)
		return []promptBlock{{role: role, text: t, tokens: textTokens(t)}}, nonEmpty(t, path)
	}
	var blocks []json.RawMessage
	if err := json.Unmarshal(raw, &blocks); err != nil || len(blocks) == 0 {
		return nil, fmt.Errorf("%s: Input should be a string or a list of at least one content block", path)
	}
	read := make([]promptBlock, 0, len(blocks))
	for i, block := range blocks {
		b, err := q.readBlock(block, fmt.Sprintf("%s.%d", path, i))
		if err != nil {
			return nil, err
		}
		b.role = role
		read = append(read, b)
	}
	return read, nil
}

func (q *request) readBlock(raw json.RawMessage, path string) (b promptBlock, err error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil || kind.Type == "" {
		return b, fmt.Errorf("%s.type: Field required", path)
	}
	if kind.Type != "text" {
		return b, fmt.Errorf("%s.type: content of type '%s' is not simulated, send text blocks", path, kind.Type)
	}
	block, err := object(raw, path, "type", "text", "cache_control", "citations")
	if err != nil {
		return b, err
	}
	if !isString(block["text"]) {
		return b, fmt.Errorf("%s.text: Input should be a valid string", path)
	}
	if block.has("cache_control") {
		if b.kept, err = q.addBreakpoint(block["cache_control"], path+".cache_control"); err != nil {
			return b, err
		}
	}
	b.text = text(block["text"])
	b.tokens = textTokens(b.text)
	return b, nonEmpty(b.text, path+".text")
}

func nonEmpty(s, path string) error {
	switch {
	case s == "":
		return fmt.Errorf("%s: text content must be non-empty", path)
	case strings.TrimSpace(s) == "":
		return fmt.Errorf("%s: text content must contain non-whitespace text", path)
	}
	return nil
}
