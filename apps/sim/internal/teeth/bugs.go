package teeth

import "slices"

// Bug is one mistake that could have been made. Each edit replaces a text that stands once in its file.
type Bug struct {
	// Name is what -bug takes; Why says what would go wrong.
	Name, Why string
	Edits     []Edit
}

// Edit is one change of a source file. In New, BUG stands for the condition that the bug is switched on.
type Edit struct{ File, Old, New string }

const (
	engineDir    = "core/engine/"
	worker       = "adapters/localworker/localworker.go"
	changeFile   = engineDir + "change.go"
	settleFile   = engineDir + "settle.go"
	payFile      = engineDir + "pay.go"
	outcomeFile  = engineDir + "outcome.go"
	parcelFile   = engineDir + "parcel.go"
	openFile     = engineDir + "open.go"
	paceFile     = engineDir + "pace.go"
	createFile   = engineDir + "create.go"
	lostFile     = engineDir + "create_lost.go"
	applyFile    = engineDir + "apply.go"
	pollFile     = engineDir + "poll.go"
	recordFile   = engineDir + "provider.go"
	foldFile     = engineDir + "fold.go"
	wishFile     = engineDir + "wish.go"
	carryFile    = engineDir + "wish_carry.go"
	callFile     = engineDir + "call.go"
	finishFile   = engineDir + "finish.go"
	moneyFile    = engineDir + "money.go"
	submitFile   = engineDir + "submit_once.go"
	sweepFile    = engineDir + "sweep.go"
	deadFile     = engineDir + "dead.go"
	workFile     = engineDir + "work.go"
	walkFile     = engineDir + "walk.go"
	switchedFile = engineDir + "switch.go"
	capFile      = engineDir + "cap.go"
	scopeFile    = engineDir + "scope.go"
	againFile    = engineDir + "retry.go"
	parcelState  = "core/job/parcel.go"
	retryFile    = "core/retry/next.go"
	onceFile     = "core/idempotency/idempotency.go"
	schemaFile   = "core/job/schema.go"
	taskFile     = "core/job/task.go"
)

// scaffold is what several bugs need: records that are written after the Update, in one of their own each.
func scaffold() []Edit {
	return []Edit{
		{changeFile, "	wished, opening bool\n", "	wished, opening bool\n	afterwards []ports.Record\n"},
		{changeFile, "	e.announce(ctx, f, c.events)\n", "	for _, record := range c.afterwards {\n		_ = e.Store.Update(ctx, []ports.Key{record.Key}, func(tx ports.Tx) error {\n			tx.Get(record.Key)\n			tx.Put(record)\n			return nil\n		})\n	}\n	e.announce(ctx, f, c.events)\n"},
	}
}

// Bugs is the list. It only ever grows: a bug that was found once must be found again.
func Bugs() []Bug {
	return slices.Concat(leaseBugs(), moneyBugs(), endBugs(), wishBugs(), queueBugs(), outcomeBugs(), paceBugs(), batchBugs(), switchBugs(), capBugs(), retryBugs())
}
