// Package claudemodel calls Claude over the Messages API with the official client.
//
// It meets ports.Model and, over Message Batches, ports.BatchModel: one Call is one request, whatever happens to it but a
// refusal of the key (401): if Options.Key has another one then, the request is sent once more with it. The client's own
// retries, its reading of the environment and its traces are off. All that can come back is mapped to the
// kinds of core/fault in one place, with the one fact that money hangs on: whether the request may have reached the
// provider. What the provider sends is handed on as it is; judging it is for the caller.
package claudemodel
