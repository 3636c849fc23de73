package boltstore

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// guard begins a stretch of code in which bbolt reads the file. bbolt trusts its pages: a damaged one makes it panic or
// reach outside of the file, which would end the process. A stretch ends with a deferred call of a function that calls
// damage with what it has recovered, and endGuard.
func guard() (before bool) { return debug.SetPanicOnFault(true) }

func endGuard(before bool) { debug.SetPanicOnFault(before) }

// damage is the error for what was recovered from bbolt.
func damage(met any) *fault.Error {
	return fault.New(fault.Corrupt, "boltstore: the store file is damaged (%s): restore it from a backup",
		fault.OneLine(fmt.Errorf("%v", met), 120))
}

// failure gives an error of bbolt or of the system its kind.
func failure(doing string, err error) *fault.Error {
	kind := fault.Unavailable
	switch {
	case errors.Is(err, fs.ErrNotExist):
		kind = fault.NotFound
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), errors.Is(err, syscall.ENOTDIR),
		errors.Is(err, syscall.EISDIR), errors.Is(err, syscall.ENAMETOOLONG), errors.Is(err, syscall.EINVAL), errors.Is(err, fs.ErrInvalid):
		kind = fault.Invalid
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch),
		errors.Is(err, berrors.ErrIncompatibleValue):
		kind = fault.Corrupt
	}
	return fault.New(kind, "boltstore: %s: %w", doing, err)
}
