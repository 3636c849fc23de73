package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/books"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/apps/sim/internal/work"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// batches are the provider's: each is worked on by itself, line by line, and every line that succeeds stands on the bill.
type batches struct {
	w   *World
	all []*batch
}

// batch is one of them.
type batch struct {
	ports.Batch
	lines []batchLine
	// listed is from when lists show it, cancelled whether it was asked to end early, hurried whether the rest is done at once.
	listed             time.Time
	cancelled, hurried bool
	results            []ports.BatchResult
}

// batchLine is one line, and the task that it is for.
type batchLine struct {
	ports.BatchLine
	books.Ref
}

// refOf reads a line's name: the job, the task, the attempt and the epoch.
func refOf(line ports.BatchLine) books.Ref {
	const idLength = 36
	var r books.Ref
	if len(line.ID) <= idLength {
		return r
	}
	parts := strings.Split(line.ID[idLength+1:], "-")
	r.Job = job.ID(line.ID[:idLength])
	r.Ordinal, _ = strconv.Atoi(parts[0])
	if len(parts) > 1 {
		r.Number, _ = strconv.Atoi(strings.TrimPrefix(parts[1], "a"))
	}
	return r
}

// create makes a batch of the lines and begins to work on it.
func (b *batches) create(lines []ports.BatchLine, by books.Sending, unlisted time.Duration) *batch {
	w := b.w
	made := &batch{listed: w.Now().Add(unlisted)}
	made.Batch = ports.Batch{
		ID: fmt.Sprintf("msgbatch_%d", len(b.all)+1), State: ports.BatchInProgress, Created: w.Now(), Expires: w.Now().Add(24 * time.Hour),
		Processing: len(lines),
	}
	for _, line := range lines {
		made.lines = append(made.lines, batchLine{line, refOf(line)})
	}
	b.all = append(b.all, made)
	w.tally.Batches++
	w.books.BatchMade(made.ID, by)
	took := w.between(10*time.Second, max(w.config.BatchTook, 20*time.Second))
	w.Go(w.ground, func() { b.run(made, took) }).Tag = &person{made.ID, w.stream(5000 + uint64(len(b.all)))}
	return made
}

// run does the lines one after the other, in any order, until all are done or the rest is cancelled.
func (b *batches) run(made *batch, took time.Duration) {
	w := b.w
	began := w.Now()
	order := w.roll().Perm(len(made.lines))
	for n, at := range order {
		due := began.Add(took * time.Duration(n+1) / time.Duration(len(order)))
		w.WaitUntil(func() bool {
			return w.over || made.cancelled || made.hurried || made.State == ports.BatchEnded || !w.Now().Before(due)
		}, due)
		if w.over || made.State == ports.BatchEnded {
			return
		}
		// Of a batch that is being cancelled, the lines that are under way are finished.
		if made.cancelled && !w.percent(30) {
			made.results = append(made.results, ports.BatchResult{ID: made.lines[at].ID, Outcome: ports.LineCanceled})
			continue
		}
		made.results = append(made.results, b.do(made, &made.lines[at]))
	}
	if made.cancelled {
		w.rest(0, 2*time.Minute)
	}
	b.end(made)
}

// end closes a batch; what was not done is cancelled.
func (b *batches) end(made *batch) {
	if made.State == ports.BatchEnded {
		return
	}
	done := map[string]bool{}
	for _, r := range made.results {
		done[r.ID] = true
	}
	for _, line := range made.lines {
		if !done[line.ID] {
			made.results = append(made.results, ports.BatchResult{ID: line.ID, Outcome: ports.LineCanceled})
		}
	}
	made.State, made.Processing = ports.BatchEnded, 0
	for _, r := range made.results {
		switch r.Outcome {
		case ports.LineSucceeded:
			made.Succeeded++
		case ports.LineErrored:
			made.Errored++
		case ports.LineExpired:
			made.Expired++
		default:
			made.Canceled++
		}
	}
	b.w.note("provider", "batch ended", made.ID, fmt.Sprintf("%d succeeded", made.Succeeded))
	b.w.books.BatchEnded(made.ID)
}

// lineFaults are what a line may come to, and what that is of an answer.
var lineFaults = []struct {
	kind   chance.Kind
	answer []chance.Kind
}{
	{chance.LineErrored, nil}, {chance.LineRejected, nil}, {chance.LineExpired, nil}, {chance.LineCanceled, nil},
	{chance.LineUsage, []chance.Kind{chance.UsageMissing, chance.UsageNegative}},
	{chance.LineUnbilled, []chance.Kind{chance.StopUnbilled}},
	{chance.LineNoUse, []chance.Kind{chance.StopMax, chance.WrongSchema, chance.Malformed, chance.StopRefusal, chance.OtherModel, chance.EmptyContent, chance.StopUnknown}},
}

// do is what becomes of one line.
func (b *batches) do(made *batch, line *batchLine) ports.BatchResult {
	w := b.w
	kind := chance.None
	if !w.calm && w.config.Intensity > 0 && w.percent(min(3*w.config.Intensity, 50)) {
		f := lineFaults[w.roll().IntN(len(lineFaults))]
		w.reach.Hit(chance.BatchItself, f.kind)
		if kind = f.kind; len(f.answer) > 0 {
			kind = f.answer[w.roll().IntN(len(f.answer))]
		}
	}
	switch kind {
	case chance.LineErrored:
		return ports.BatchResult{ID: line.ID, Outcome: ports.LineErrored, Kind: fault.Unavailable, Detail: "sim: api_error"}
	case chance.LineRejected:
		return ports.BatchResult{ID: line.ID, Outcome: ports.LineErrored, Kind: fault.Rejected, Detail: "sim: invalid_request_error"}
	case chance.LineExpired:
		return ports.BatchResult{ID: line.ID, Outcome: ports.LineExpired, Kind: fault.Unavailable, Detail: "sim: expired"}
	case chance.LineCanceled:
		return ports.BatchResult{ID: line.ID, Outcome: ports.LineCanceled, Kind: fault.Unavailable, Detail: "sim: canceled"}
	}
	at := attempted{line.Job, line.Ordinal}
	w.provider.counts[at]++
	w.provider.served++
	bill := w.provider.line(at, line.Request, cost.Batch, kind)
	bill.Batch, bill.Number = made.ID, line.Number
	w.books.Billed(bill)
	w.note("provider", "line done", line.ID, "")
	return ports.BatchResult{ID: line.ID, Outcome: ports.LineSucceeded, Answer: answer(line.Request, bill, kind)}
}

// find is the batch of that name.
func (b *batches) find(id string) (*batch, error) {
	for _, made := range b.all {
		if made.ID == id {
			return made, nil
		}
	}
	return nil, fault.New(fault.NotFound, "sim: there is no batch %s", id)
}

// open reports whether a line for the task is in a batch that has not ended.
func (b *batches) under(id job.ID, ordinal int) string {
	for _, made := range b.all {
		if made.State == ports.BatchEnded {
			continue
		}
		for i := range made.lines {
			if made.lines[i].Job == id && made.lines[i].Ordinal == ordinal {
				return made.ID
			}
		}
	}
	return ""
}

// hurry ends what the provider has under way soon, but for batches of jobs that were cancelled: those are to be ended by
// whoever has sent them.
func (b *batches) hurry() {
	for _, made := range b.all {
		if h := b.w.books.Header(made.lines[0].Job); h == nil || h.CancelledAt.IsZero() {
			made.hurried = true
		}
	}
}

// uncancelled is a batch of a job that was cancelled, which nobody has asked to end.
func (b *batches) uncancelled() string {
	for _, made := range b.all {
		h := b.w.books.Header(made.lines[0].Job)
		if made.State == ports.BatchInProgress && h != nil && !h.CancelledAt.IsZero() && !h.State.Ended() {
			return made.ID
		}
	}
	return ""
}

// profiled is the part of a prompt that the provider may keep.
func profiled(r *job.Request) bool {
	return r.Cache != cost.NoCache && len(r.System) > work.PrefixTokens
}
