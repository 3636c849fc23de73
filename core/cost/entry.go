package cost

import (
	"slices"
	"unicode/utf8"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// EntryKind says what an entry does to the money of one attempt. Its number is what stands in a stored block and never
// changes its meaning.
type EntryKind uint8

const (
	// EntryHold puts the worst case of a call aside. Every attempt begins with one.
	EntryHold EntryKind = iota + 1
	// EntrySettle releases the hold and books the actual cost.
	EntrySettle
	// EntryVoid releases the hold of a call of which nothing was billed.
	EntryVoid
	// EntryPresume books the hold as spent, because the outcome of the call is unknown.
	EntryPresume
	// EntryAdjust replaces a presumed amount by the truth that arrived later. With attempt 0 it adds what was billed and
	// is of no attempt: its hold was lost.
	EntryAdjust
)

// entryKinds is the names, indexed by kind.
func entryKinds() [6]string { return [...]string{"", "hold", "settle", "void", "presume", "adjust"} }

// String is the kind's name: hold, settle, void, presume or adjust; "unknown" for any other value.
func (k EntryKind) String() string {
	if !k.valid() {
		return "unknown"
	}
	return entryKinds()[k]
}

// ParseEntryKind reads a name that String gives, else fault.Invalid.
func ParseEntryKind(name string) (EntryKind, error) {
	names := entryKinds()
	if i := slices.Index(names[:], name); i > 0 {
		return EntryKind(i), nil
	}
	return 0, fault.New(fault.Invalid, "cost: unknown entry kind %s: use hold, settle, void, presume or adjust", quote(name))
}

func (k EntryKind) valid() bool { return k >= EntryHold && k <= EntryAdjust }

// MaxID is the longest id of the provider that an entry keeps, in bytes.
const MaxID = 64

// Terms is what an attempt's price depends on besides its usage. A block stores equal terms once.
type Terms struct {
	// Model is the provider's model id, and PriceVersion the version of the table that priced the hold. Each, and Lane,
	// is at most 128 bytes.
	Model        string
	Lane         Lane
	PriceVersion string
}

// Entry is one movement of money. It holds no content and no personal data.
type Entry struct {
	// Kind says what the entry does.
	Kind EntryKind
	// Ordinal names the task in its job, Attempt the try at it; both 0 .. 2,147,483,647. Attempts are numbered from 1; 0
	// stands in an adjust of something that was billed without an attempt of these books.
	Ordinal, Attempt int
	// Amount is what was held (hold), what the call cost (settle), the hold (void, presume), or actual less presumed
	// (adjust). Only an adjust may be negative.
	Amount Pico
	// Terms is what the attempt was priced by.
	Terms Terms
	// Usage is the raw counts of the provider; zero for hold, void and presume. Never negative.
	Usage Usage
	// MessageID and RequestID are the provider's names for the answer and the request, empty when there are none. Of one
	// longer than MaxID bytes its beginning is kept: the first MaxID bytes, or up to three fewer where that would cut a
	// UTF-8 character in two.
	MessageID, RequestID string
	// Content is the SHA-256 of the accepted content, all zero if there is none.
	Content [32]byte
}

// cutID is the part of a provider's id that is kept.
func cutID(id string) string {
	if len(id) <= MaxID {
		return id
	}
	for end := MaxID; end > MaxID-utf8.UTFMax; end-- {
		if utf8.RuneStart(id[end]) {
			return id[:end]
		}
	}
	return id[:MaxID] // not UTF-8 at all
}
