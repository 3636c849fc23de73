package boltstore

// Options are the settings of a Store; their zero value suits programs.
type Options struct {
	// KeepExpired true means that an expired record stays in the file, unseen, until it is written over or deleted. False
	// means that later commits remove it, a few records each.
	KeepExpired bool
	// MustExist true means that Open answers NotFound where there is no file; false means that it makes one.
	MustExist bool
	// MaxSize is how large the file may grow, in bytes; 0 means as large as the disk allows. An Update that needs more
	// fails with Unavailable and writes nothing.
	MaxSize int
}
