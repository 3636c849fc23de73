package claudesim_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

func TestHeadersAreChecked(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	tests := map[string]struct {
		edit   edit
		status int
		want   string
	}{
		"NoKey":          {without("X-Api-Key"), 401, "authentication_error"},
		"BlankKey":       {with("X-Api-Key", " "), 401, "authentication_error"},
		"Bearer":         {func(r *http.Request) { r.Header.Del("X-Api-Key"); r.Header.Set("Authorization", "Bearer t") }, 200, "message"},
		"EmptyBearer":    {func(r *http.Request) { r.Header.Del("X-Api-Key"); r.Header.Set("Authorization", "Bearer ") }, 401, "authentication_error"},
		"NoVersion":      {without("Anthropic-Version"), 400, "anthropic-version: header is required"},
		"OddVersion":     {with("Anthropic-Version", "2031-01-01"), 400, "is not a valid version"},
		"NoContentType":  {without("Content-Type"), 400, "content-type: must be application/json"},
		"OddContentType": {with("Content-Type", "text/plain"), 400, "content-type: must be application/json"},
		"Charset":        {with("Content-Type", "application/json; charset=utf-8"), 200, "message"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := f.post(ask(), test.edit)
			require.Equal(t, test.status, r.status)
			require.Contains(t, string(r.body), test.want)
		})
	}
}

func TestBodyIsChecked(t *testing.T) {
	t.Parallel()
	user := func(content string) string { return `messages:[{"role":"user","content":` + content + `}]` }
	tests := map[string]struct {
		body, want string
	}{
		"Empty":              {"", "not valid JSON"},
		"NotJSON":            {"{", "not valid JSON"},
		"Trailing":           {ask() + "x", "not valid JSON"},
		"List":               {"[]", "must be one JSON object"},
		"Null":               {"null", "must be one JSON object"},
		"NotUTF8":            {"{\"model\":\"\xff\"}", "not valid UTF-8"},
		"Unknown":            {ask(`zeta:1`, `frequency_penalty:1`), "frequency_penalty: Extra inputs are not permitted"},
		"RetiredFormat":      {ask(`output_format:{}`), "output_format: This field is deprecated. Use 'output_config.format' instead"},
		"RetiredPrompt":      {ask(`prompt:"x"`), "prompt: This field is retired"},
		"RetiredMaxTokens":   {ask(`max_tokens_to_sample:1`), "max_tokens_to_sample: This field is retired"},
		"NoModel":            {ask("model:"), "model: Field required"},
		"ModelNull":          {ask("model:null"), "model: Field required"},
		"ModelType":          {ask("model:5"), "model: Input should be a valid string"},
		"NoMaxTokens":        {ask("max_tokens:"), "max_tokens: Field required"},
		"MaxTokensZero":      {ask("max_tokens:0", "stream:true"), "max_tokens: Input should be greater than or equal to 1"},
		"MaxTokensZeroOut":   {ask("max_tokens:0", format(`{"type":"string"}`)), "max_tokens: Input should be greater than or equal to 1"},
		"MaxTokensZeroThink": {ask("max_tokens:0", "thinking:"), "max_tokens: Input should be greater than or equal to 1"},
		"MaxTokensNegative":  {ask("max_tokens:-5"), "greater than or equal to 1"},
		"MaxTokensLarge":     {ask("max_tokens:128001"), "max_tokens: 128001 > 128000, which is the maximum allowed number of output tokens for claude-haiku-5-5"},
		"MaxTokensOfHaiku4":  {ask("max_tokens:64001", `model:"claude-haiku-4-5"`), "64001 > 64000"},
		"MaxTokensText":      {ask(`max_tokens:"10"`), "max_tokens: Input should be a valid integer"},
		"MaxTokensFraction":  {ask(`max_tokens:1.5`), "max_tokens: Input should be a valid integer"},
		"Temperature":        {ask("temperature:0.7"), "temperature: non-default values are not supported"},
		"TemperatureType":    {ask(`temperature:"warm"`), "temperature: Input should be a valid number"},
		"TopP":               {ask("top_p:0.5"), "top_p: non-default"},
		"TopK":               {ask("top_k:1"), "top_k: non-default"},
		"StreamType":         {ask("stream:1"), "stream: Input should be a valid boolean"},

		"NoMessages":       {ask("messages:"), "messages: Field required"},
		"EmptyMessages":    {ask("messages:[]"), "messages: at least one message is required"},
		"MessagesType":     {ask("messages:{}"), "messages: Input should be a valid list"},
		"MessageType":      {ask("messages:[1]"), "messages.0: Input should be an object"},
		"MessageUnknown":   {ask(`messages:[{"role":"user","content":"x","name":"y"}]`), "messages.0.name: Extra inputs are not permitted"},
		"FirstAssistant":   {ask(`messages:[{"role":"assistant","content":"x"},{"role":"user","content":"x"}]`), "first message must use the \\\"user\\\" role"},
		"Role":             {ask(`messages:[{"role":"system","content":"x"}]`), "messages.0.role: Input should be 'user' or 'assistant'"},
		"RoleMissing":      {ask(`messages:[{"content":"x"}]`), "messages.0.role"},
		"Prefill":          {ask(`messages:[{"role":"user","content":"x"},{"role":"assistant","content":"{"}]`), "does not support assistant message prefill"},
		"ContentMissing":   {ask(`messages:[{"role":"user"}]`), "messages.0.content: Field required"},
		"ContentNull":      {ask(user("null")), "messages.0.content: Input should be a string or a list"},
		"ContentEmpty":     {ask(user(`""`)), "messages.0.content: text content must be non-empty"},
		"ContentBlank":     {ask(user(`" \n"`)), "must contain non-whitespace text"},
		"ContentNoBlocks":  {ask(user(`[]`)), "list of at least one content block"},
		"ContentType":      {ask(user(`7`)), "messages.0.content: Input should be a string or a list"},
		"BlockType":        {ask(user(`[1]`)), "messages.0.content.0.type: Field required"},
		"BlockKind":        {ask(user(`[{"type":"image"}]`)), "content of type 'image' is not simulated"},
		"BlockUnknown":     {ask(user(`[{"type":"text","text":"x","size":1}]`)), "messages.0.content.0.size: Extra inputs"},
		"BlockNoText":      {ask(user(`[{"type":"text"}]`)), "messages.0.content.0.text: Input should be a valid string"},
		"BlockEmpty":       {ask(user(`[{"type":"text","text":""}]`)), "messages.0.content.0.text: text content must be non-empty"},
		"SystemEmpty":      {ask(`system:[{"type":"text","text":""}]`), "system.0.text: text content must be non-empty"},
		"SystemType":       {ask(`system:1`), "system: Input should be a string or a list"},
		"CacheKind":        {ask(`cache_control:{"type":"forever"}`), "cache_control.type: Input should be 'ephemeral'"},
		"CacheTTL":         {ask(`cache_control:{"type":"ephemeral","ttl":"2h"}`), "cache_control.ttl: Input should be '5m' or '1h'"},
		"CacheType":        {ask(user(`[{"type":"text","text":"x","cache_control":1}]`)), "cache_control: Input should be an object"},
		"CacheBreakpoints": {ask(user(strings.Replace(`[B,B,B,B,B]`, "B", `{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}`, -1))), "maximum of 4 blocks with cache_control"},

		"CacheOrder": {ask("system:["+cachedBlock("a", "5m")+"]", user(`[`+cachedBlock("b", "1h")+`]`)), "a ttl='1h' block must not come after a ttl='5m' block"},
		"CacheTools": {ask(`tools:[{"name":"a","cache_control":{"type":"x"}}]`), "tools.0.cache_control.type: Input should be 'ephemeral'"},

		"ThinkingEnabled":       {ask(`thinking:{"type":"enabled","budget_tokens":2000}`), "thinking.type.enabled"},
		"ThinkingKind":          {ask(`thinking:{"type":"loud"}`), "thinking.type: Input should be"},
		"ThinkingType":          {ask(`thinking:true`), "thinking: Input should be an object"},
		"ThinkingBudgetType":    {ask(`model:"claude-haiku-4-5"`, `thinking:{"type":"enabled","budget_tokens":"x"}`), "thinking.budget_tokens: Input should be a valid integer"},
		"ThinkingBudget":        {ask(`model:"claude-haiku-4-5"`, `thinking:{"type":"enabled","budget_tokens":100}`), "greater than or equal to 1024"},
		"ThinkingBudgetMax":     {ask(`model:"claude-haiku-4-5"`, `thinking:{"type":"enabled","budget_tokens":4096}`), "must be greater than `thinking.budget_tokens`"},
		"ThinkingOldModel":      {ask(`model:"claude-haiku-4-5"`, `thinking:{"type":"between_tools"}`), "thinking.type.between_tools"},
		"ThinkingHaikuEffort":   {ask(`output_config:{"effort":"max"}`), `is not supported with effort \"max\"`},
		"ThinkingSonnet":        {ask(`model:"claude-sonnet-5-5"`), "The lowest setting is \\\"thinking.type.between_tools\\\""},
		"ThinkingSonnetEnabled": {ask(`model:"claude-sonnet-5-5"`, `thinking:{"type":"enabled","budget_tokens":2000}`), "thinking.type.enabled"},
		"ThinkingSonnetEffort":  {ask(`model:"claude-sonnet-5-5"`, `thinking:{"type":"between_tools"}`, `output_config:{"effort":"xhigh"}`), "between_tools"},

		"ConfigType":     {ask(`output_config:1`), "output_config: Input should be an object"},
		"ConfigUnknown":  {ask(`output_config:{"style":1}`), "output_config.style: Extra inputs"},
		"Effort":         {ask(`output_config:{"effort":"huge"}`), "output_config.effort: Input should be"},
		"FormatType":     {ask(`output_config:{"format":1}`), "output_config.format: Input should be an object"},
		"FormatKind":     {ask(`output_config:{"format":{"type":"xml","schema":{}}}`), "output_config.format.type: Input should be 'json_schema'"},
		"FormatUnknown":  {ask(`output_config:{"format":{"type":"json_schema","schema":{},"name":"x"}}`), "output_config.format.name: Extra inputs"},
		"FormatNoSchema": {ask(`output_config:{"format":{"type":"json_schema"}}`), "output_config.format.schema: Field required"},
		"Schema":         {ask(format(`{"type":"object"}`)), "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"},

		"ToolsType":      {ask(`tools:{}`), "tools: Input should be a valid list"},
		"ToolName":       {ask(`tools:[{}]`), "tools.0.name: Field required"},
		"ChoiceAlone":    {ask(`tool_choice:{"type":"auto"}`), "may only be specified while providing tools"},
		"ChoiceType":     {ask(`tools:[{"name":"a"}]`, `tool_choice:"auto"`), "tool_choice: Input should be an object"},
		"ChoiceKind":     {ask(`tools:[{"name":"a"}]`, `tool_choice:{"type":"maybe"}`), "tool_choice.type: Input should be"},
		"ForcedSonnet":   {ask(`model:"claude-sonnet-5-5"`, `thinking:{"type":"between_tools"}`, `tools:[{"name":"a"}]`, `tool_choice:{"type":"any"}`), "forcing a tool is not supported for this model"},
		"ForcedThinking": {ask("thinking:", `tools:[{"name":"a"}]`, `tool_choice:{"type":"any"}`), "thinking may not be enabled when tool_choice forces tool use"},
		"Forced":         {ask(`tools:[{"name":"a"}]`, `tool_choice:{"type":"tool","name":"a"}`), "the simulator does not call tools"},

		"StopType":       {ask(`stop_sequences:"x"`), "stop_sequences: Input should be a valid list of strings"},
		"StopBlank":      {ask(`stop_sequences:["x"," "]`), "stop_sequences.1: each stop sequence must contain non-whitespace"},
		"MetadataType":   {ask(`metadata:1`), "metadata: Input should be an object"},
		"MetadataUserID": {ask(`metadata:{"user_id":1}`), "metadata.user_id: Input should be a valid string"},
		"ServiceTier":    {ask(`service_tier:"gold"`), "service_tier: Input should be 'auto' or 'standard_only'"},
		"Speed":          {ask(`speed:"fast"`), "speed: Input should be 'standard'"},
		"Geo":            {ask(`inference_geo:"moon"`), "inference_geo: Input should be 'global' or 'us'"},
		"PromptTooLong":  {ask(user(`"` + strings.Repeat("abcde", 500_001) + `"`)), "prompt is too long: 1000"},
		"ContextTooLong": {ask(user(`"`+strings.Repeat("abcde", 499_000)+`"`), "max_tokens:100000"), "exceed context limit"},
	}
	f := setup(t, claudesim.Options{})
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := f.post(test.body)
			require.NoError(t, r.err)
			require.Equal(t, http.StatusBadRequest, r.status, string(r.body))
			require.Contains(t, string(r.body), `"type":"invalid_request_error"`)
			require.Contains(t, string(r.body), test.want)
			requireEnvelope(t, r)
		})
	}
	t.Cleanup(func() { require.Zero(t, f.sim.Bill()) })
}

func TestUnknownModels(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	for _, model := range []string{"gpt-7", "claude-3-haiku-20240307", ""} {
		r := f.post(ask(`model:"` + model + `"`))
		require.Equal(t, http.StatusNotFound, r.status)
		require.Contains(t, string(r.body), `"type":"not_found_error","message":"model: `+model+`"`)
	}
}

func TestTooLargeIsNotJSON(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	large := strings.Repeat(" ", 32<<20+1)
	chunked := func(r *http.Request) { r.ContentLength = -1 }
	for _, r := range []reply{f.post(large), f.post(large, chunked), f.send("POST", "/v1/messages/count_tokens", large)} {
		require.NoError(t, r.err)
		require.Equal(t, http.StatusRequestEntityTooLarge, r.status)
		require.Contains(t, string(r.body), "<html>")
	}
}

func TestAcceptedForms(t *testing.T) {
	t.Parallel()
	f := setup(t, claudesim.Options{})
	blocks := `[{"type":"text","text":"one","cache_control":{"type":"ephemeral","ttl":"1h"},"citations":null},{"type":"text","text":"two"}]`
	tests := map[string]string{
		"Blocks":         ask(`messages:[{"role":"user","content":` + blocks + `}]`),
		"Turns":          ask(`messages:[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]`),
		"SystemText":     ask(`system:"Be brief."`),
		"SystemBlocks":   ask(`system:` + blocks),
		"Defaults":       ask("temperature:1", "top_p:1", "top_k:null", "stream:false", `service_tier:"auto"`, `metadata:{"user_id":"u"}`, `speed:"standard"`, `cache_control:{"type":"ephemeral"}`),
		"Tools":          ask(`tools:[{"name":"a","input_schema":{}}]`, `tool_choice:{"type":"auto"}`),
		"HaikuThinks":    ask("thinking:"),
		"HaikuAdaptive":  ask(`thinking:{"type":"adaptive"}`, `output_config:{"effort":"max"}`, "max_tokens:20000"),
		"SonnetLeast":    ask(`model:"claude-sonnet-5-5"`, `thinking:{"type":"between_tools"}`),
		"OldModelBudget": ask(`model:"claude-haiku-4-5"`, `thinking:{"type":"enabled","budget_tokens":2000}`),
		"OldModel":       ask(`model:"claude-opus-4-8"`, "thinking:"),
		"MostTokens":     ask("max_tokens:128000"),
		"Schema":         ask(format(`{"type":"string","enum":["red"]}`)),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := f.post(body).message(t)
			require.Equal(t, "end_turn", m.StopReason)
			require.NotEmpty(t, m.text())
		})
	}
}
