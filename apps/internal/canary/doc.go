// Package canary looks for what must never be seen outside of the store and the provider: keys, what is private in a catalog,
// prompts, and what the model wrote. It is tests alone.
//
// Jobs run in memory, from submission to the ledger, against a provider that fails in every way it can, one that quotes the
// key and the prompt in its errors among them. Everything that comes out is collected (log lines, metrics, errors, notices)
// and searched for canaries, in every form that a text takes on its way.
package canary
