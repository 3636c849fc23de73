package claudesim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim/internal/schema"
)

// request is a valid request, reduced to what the simulator acts on.
type request struct {
	model     *model
	maxTokens int64
	// texts is all text of the prompt: the messages, latest first, then the system prompt.
	texts    []string
	messages int
	// system and turns are the same text in blocks, in the order of the prompt.
	system, turns []promptBlock
	// form is the checked output schema and schemaText its source; nil for plain text.
	form       *schema.Form
	schemaText []byte
	toolsText  []byte
	stops      []string
	effort     string
	geo        string
	thinking   thinkingSetting
	budget     int64
	forcedTool bool
	// breakpoints counts cache_control marks; toolsKept and autoKept are those of the tools and of the whole
	// request, in seconds.
	breakpoints         int
	toolsKept, autoKept float64
	// use is what it reads from the cache and writes to it.
	use cacheUse
	// batch is true for a line of a batch, long when its max_tokens may be that of the beta.
	batch, long bool
	stream      bool
}

// promptBlock is one block of the prompt. A breakpoint at its end is kept for so many seconds; 0 is none.
type promptBlock struct {
	role, text string
	tokens     int64
	kept       float64
}

// fields are the members of a JSON object.
type fields map[string]json.RawMessage

// has tells whether a member is there and not null.
func (f fields) has(name string) bool {
	raw, ok := f[name]
	return ok && string(raw) != "null"
}

// parameter reads one parameter of the request body.
type parameter struct {
	name string
	read func(*Sim, *request, json.RawMessage) error
}

// countParameters may be sent to token counting; messageParameters besides to Messages. The order is that of
// reading.
var (
	countParameters  = append(slices.Clip(promptParameters), parameter{"speed", (*Sim).readSpeed})
	promptParameters = []parameter{
		{"model", (*Sim).readModel},
		{"messages", (*Sim).readMessages},
		{"system", (*Sim).readSystem},
		{"cache_control", (*Sim).readCacheControl},
		{"output_config", (*Sim).readOutputConfig},
		{"thinking", (*Sim).readThinking},
		{"tools", (*Sim).readTools},
		{"tool_choice", (*Sim).readToolChoice},
	}
	messageParameters = append(slices.Clip(writeParameters),
		parameter{"stream", (*Sim).readStream}, parameter{"speed", (*Sim).readSpeed})
	// batchParameters may be sent with the line of a batch.
	batchParameters = append(slices.Clip(writeParameters),
		parameter{"stream", refuseInBatch("stream")}, parameter{"speed", refuseInBatch("speed")})
	writeParameters = append(slices.Clip(promptParameters),
		parameter{"max_tokens", (*Sim).readMaxTokens},
		parameter{"temperature", samplingReader("temperature")}, parameter{"top_p", samplingReader("top_p")},
		parameter{"top_k", samplingReader("top_k")}, parameter{"stop_sequences", (*Sim).readStopSequences},
		parameter{"metadata", (*Sim).readMetadata}, parameter{"service_tier", (*Sim).readServiceTier},
		parameter{"inference_geo", (*Sim).readGeo})
)

// parseMessage reads a Messages request. With an error, the request still has its model if that was valid.
func (s *Sim) parseMessage(body []byte) (*request, error) {
	q := newRequest()
	if err := s.parse(q, body, messageParameters, messageRequired...); err != nil {
		return q, err
	}
	return q, q.checkWhole()
}

// parseLine reads the params of a batch's line; long allows the output of the beta.
func (s *Sim) parseLine(params []byte, long bool) (*request, error) {
	q := newRequest()
	q.batch, q.long = true, long
	if err := s.parse(q, params, batchParameters, messageRequired...); err != nil {
		return q, err
	}
	return q, q.checkWhole()
}

var messageRequired = []string{"model", "messages", "max_tokens"}

func newRequest() *request { return &request{geo: geoGlobal, effort: "high"} }

// parse reads the known parameters of a body into q and refuses all others.
func (s *Sim) parse(q *request, body []byte, known []parameter, required ...string) error {
	if !utf8.Valid(body) {
		return invalid("The request body is not valid UTF-8")
	}
	var top fields
	if err := json.Unmarshal(body, &top); err != nil || top == nil {
		return invalid("The request body is not valid JSON: it must be one JSON object")
	}
	names := make([]string, len(known))
	for i, p := range known {
		names[i] = p.name
	}
	if err := top.only("", names...); err != nil {
		// The model is read all the same: its limits count the refused request.
		q.model = modelsByID[text(top["model"])]
		return err
	}
	for _, name := range required {
		if !top.has(name) {
			return invalid("%s: Field required", name)
		}
	}
	for _, p := range known {
		if !top.has(p.name) {
			continue
		}
		if err := p.read(s, q, top[p.name]); err != nil {
			return err
		}
	}
	return q.checkThinking(top.has("thinking"))
}

// retired explains parameters that once existed.
var retired = map[string]string{
	"output_format":        "This field is deprecated. Use 'output_config.format' instead",
	"max_tokens_to_sample": "This field is retired. Use 'max_tokens' instead",
	"prompt":               "This field is retired. Use 'messages' instead",
}

// only refuses members that are not among the names.
func (f fields) only(path string, names ...string) error {
	var unknown []string
	for name := range f {
		if !slices.Contains(names, name) {
			unknown = append(unknown, name)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	if why := retired[unknown[0]]; path == "" && why != "" {
		return fmt.Errorf("%s: %s", unknown[0], why)
	}
	return fmt.Errorf("%s%s: Extra inputs are not permitted", path, unknown[0])
}

// object reads a JSON object whose members are among the names.
func object(raw json.RawMessage, path string, names ...string) (fields, error) {
	var f fields
	if err := json.Unmarshal(raw, &f); err != nil || f == nil {
		return nil, fmt.Errorf("%s: Input should be an object", path)
	}
	return f, f.only(path+".", names...)
}

// text is a JSON string, or empty for anything else.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// oneOf reads a JSON string that is among the values.
func oneOf(raw json.RawMessage, path string, values ...string) (string, error) {
	s := text(raw)
	if !slices.Contains(values, s) {
		return "", fmt.Errorf("%s: Input should be '%s'", path, strings.Join(values, "' or '"))
	}
	return s, nil
}

func isString(raw json.RawMessage) bool {
	return bytes.HasPrefix(bytes.TrimSpace(raw), []byte(`"`))
}
