package backoffice

import "github.com/marketbrewer/marketbrewer/core/catalog"

const (
	// MaxBulkRows is the most rows of one bulk call.
	MaxBulkRows = 500
	// MaxBulkBytes is the largest file of one bulk call.
	MaxBulkBytes = 1 << 20
)

// BulkInput is one row of a bulk call. A row with problems could not be read; it fails with them.
type BulkInput[T any] struct {
	Value    T
	Problems catalog.Problems
}

// OnDuplicate says what becomes of a row that is there already.
type OnDuplicate string

// What becomes of a duplicate; the empty value is SkipDuplicate.
const (
	SkipDuplicate OnDuplicate = "skip"
	FailDuplicate OnDuplicate = "fail"
)

// BulkOptions say how to import.
type BulkOptions struct {
	// DryRun tells what would be done and does nothing: the result is that of the import, without the ids of what would be new.
	DryRun bool
	// AllOrNothing writes nothing when a row fails.
	AllOrNothing bool
	OnDuplicate  OnDuplicate
	// AutoCreateAreas adds the city of each new active store as a service area that it serves, where there is none. It is for
	// locations. A store whose city cannot become one is added all the same; its row says why.
	AutoCreateAreas bool
}

// BulkStatus is what became of a row.
type BulkStatus string

// The statuses of a row.
const (
	BulkCreated BulkStatus = "created"
	BulkSkipped BulkStatus = "skipped"
	BulkFailed  BulkStatus = "failed"
)

// notApplied is the word of what is right by itself and has not been done.
const notApplied = "not_applied"

// BulkRow is what became of one row.
type BulkRow struct {
	// Index is the row's place among those given, from 0.
	Index  int
	Status BulkStatus
	// ID is the entry that was made, or that was there already; empty for a failed row and in a dry run.
	ID string
	// Errors say why it was skipped or failed, and of a created location why its city has become no service area though that was asked
	// for; their paths begin at the row.
	Errors catalog.Problems
}

// BulkSummary counts the rows. AreasCreated counts the service areas that BulkOptions.AutoCreateAreas has added.
type BulkSummary struct{ Created, Skipped, Failed, AreasCreated int }

// BulkResult is what became of all rows, in their order.
type BulkResult struct {
	Summary BulkSummary
	Results []BulkRow
}
