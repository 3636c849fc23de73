// Package measure computes statement, branch and function coverage of Go source from one coverage profile.
//
// Go's own tool counts statements alone. A profile made with -covermode=count or atomic holds more: how often each basic
// block ran. Laid over the syntax tree, that tells which way every decision went. This package reads and counts; it
// knows nothing of thresholds.
//
// A branch is an outcome of a decision: an if taken or not taken (the missing else counts), each case of a switch and the
// value that no case wanted, each case of a select, the body of a loop entered. && and || are not split. A missing else
// is derived (the if was reached more often than its body), so a panic in the same block before the if can make it look
// taken.
package measure

// Count is how many of something there are and how many of them ran.
type Count struct{ Run, All int }

// Percent is the share that ran, 0 to 100; nothing to run counts as all of it.
func (c Count) Percent() float64 {
	if c.All == 0 {
		return 100
	}
	return 100 * float64(c.Run) / float64(c.All)
}

// Missed is how many did not run.
func (c Count) Missed() int { return c.All - c.Run }

func (c *Count) add(other Count) {
	c.Run += other.Run
	c.All += other.All
}

// note counts one thing.
func (c *Count) note(ran bool) {
	c.All++
	if ran {
		c.Run++
	}
}

// Counts are the three figures of a function, a file, a folder or a module.
type Counts struct{ Statements, Branches, Functions Count }

// Add adds the figures of another part.
func (c *Counts) Add(other Counts) {
	c.Statements.add(other.Statements)
	c.Branches.add(other.Branches)
	c.Functions.add(other.Functions)
}

// Function is a declared function or method, or a function literal outside of one. Literals inside belong to it.
type Function struct {
	// File is the slash-separated path inside the module, Line the line of its first word.
	File string
	Line int
	// Name is how Go writes it, as (*Engine).Work.
	Name string
	Counts
}

// File is one source file.
type File struct {
	// Path is slash-separated, from the module's root.
	Path      string
	Functions []Function
	Counts
}
