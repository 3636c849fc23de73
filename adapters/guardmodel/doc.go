// Package guardmodel is the last line before a provider: a circuit breaker and a rate limiter around any ports.Model, of
// this process alone and per model name.
//
// The engine paces itself below the provider's limits and shares one breaker between all workers. What is here works
// when that does not: it keeps one process from going on against a provider that fails, and from sending faster than it
// may. It makes no call twice and changes no answer; the error of a call that it did not make says that nothing was sent.
package guardmodel
