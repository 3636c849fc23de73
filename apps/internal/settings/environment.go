package settings

import (
	"bytes"
	"encoding/json"
)

// maxEnvironment is how many bytes Lambda takes as a function's environment: "Environment variables: 4 KB", quota L-6581F036.
const maxEnvironment = 4096

// EnvironmentSize is how many bytes Lambda counts of an environment. It measures the variables as one JSON object, which it
// quotes when it refuses them ("String measured:"): each quotation mark in a value counts twice.
func EnvironmentSize(variables map[string]string) int {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if variables == nil {
		variables = map[string]string{} // an empty environment, not null
	}
	_ = encoder.Encode(variables) // texts always encode
	return text.Len() - len("\n")
}
