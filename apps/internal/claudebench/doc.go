// Package claudebench measures how processes of the engine share one account of the Claude API: how much of its rate they
// use, how often they are refused, and what an outage costs; and what jobs of pages cost in batches and with a cached prefix,
// what a batch survives, and how forecasts hold. It is tests alone. Many engines, each with its own client, call one simulated
// Claude over connections in memory, in a bubble of fake time, where minutes take seconds.
//
// go test runs a short version that holds the engine to its aims. `make bench-claude` runs all of it and prints a line
// of the form "BENCH name value unit" for each figure.
package claudebench
