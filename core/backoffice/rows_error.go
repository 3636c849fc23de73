package backoffice

import (
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Duplicate is the error of an entry that another one stands in the way of. It is fault.Conflict.
type Duplicate struct {
	// Problems name the members that are taken.
	Problems catalog.Problems
	// ID is the entry that has them, where it is known.
	ID string
}

// Error is the first problem.
func (d *Duplicate) Error() string { return d.Problems.Error() }

// Unwrap makes errors.Is(err, fault.Conflict) true.
func (d *Duplicate) Unwrap() error { return fault.Conflict }
