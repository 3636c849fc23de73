package cost

// Lane is the way a call is made and priced.
type Lane string

const (
	// Realtime is one request with one answer, at full price.
	Realtime Lane = "realtime"
	// Batch is one line of a batch that ends within a day, at half price.
	Batch Lane = "batch"
)
