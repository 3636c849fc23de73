package cost

// Lane is the way a call is made and priced.
type Lane string

const (
	// Realtime is one request with one answer, at full price.
	Realtime Lane = "realtime"
	// Batch is one line of a batch that ends within a day, at half price.
	Batch Lane = "batch"
	// Auto is what a job may ask for, and no price: batch while its deadline allows, then realtime. Every attempt is made
	// and priced in one of the two.
	Auto Lane = "auto"
)

// Cache is how long the provider keeps the stable part of a prompt.
type Cache string

// The lives of a cached prefix. Writing it costs more than reading the prompt anew (1.25 times for five minutes, twice for
// an hour), each read a small part of that (Anthropic's documentation of August 2026).
const (
	NoCache Cache = ""
	Cache5m Cache = "5m"
	Cache1h Cache = "1h"
)
