package books

import (
	"encoding/json"
	"slices"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Ask is one thing that somebody asks of a job, under a request id of its own. The job's history names the id, so that it
// tells how often it was done.
type Ask struct {
	Request string
	Job     job.ID
	// Cap is the total cap that a SetCap asks for; 0 for other calls.
	Cap cost.Pico
	// Retry is true for a retry of the tasks of these ordinals and codes, under a key that may be empty.
	Retry    bool
	Ordinals []int
	Codes    []job.Code
	Key      string

	// done counts the entries of the history that name it, by type; caps is how many caps the job has had when it was asked.
	done map[string]int
	caps int
	// begun is true when the key had begun a round before.
	begun bool
}

// Outcome is what whoever asked was told.
type Outcome uint8

// What somebody may be told. Refused: the job as it stands forbids it. Failed: it was not done, for a reason that has nothing to do
// with the job. Unknown: the answer was lost.
const (
	Done Outcome = iota
	Repeated
	Refused
	Failed
	Unknown
)

// said is an entry of a job's history, as far as the books read it.
type said struct {
	Type string            `json:"type"`
	Data map[string]string `json:"data"`
}

// Asked is told of a call before it is made.
func (b *Books) Asked(a Ask) {
	a.done = map[string]int{}
	if j := b.jobs[a.Job]; j != nil {
		a.caps, a.begun = len(j.caps)-1, j.remembers(a.Key)
	}
	b.asks[a.Request] = &a
}

// Answered is told what a call was answered with: what was done is in the history, and what was refused is not.
func (b *Books) Answered(request string, o Outcome) {
	a := b.asks[request]
	if a == nil || b.jobs[a.Job] == nil {
		return // a restore has lost it
	}
	j := b.jobs[a.Job]
	switch {
	case o == Refused && a.begun:
		b.Fail("job %s: request %s is refused, and its key %q has begun a round", j.id, request, a.Key)
	case o != Done && o != Unknown && len(a.done) > 0:
		b.Fail("job %s: request %s was not to be done, and its history has %v of it", j.id, request, a.done)
	case o == Done && a.Retry && a.done["retried"] != 1:
		b.Fail("job %s: request %s is done, and began %d rounds", j.id, request, a.done["retried"])
	case o == Done && a.Cap > 0 && a.done["budget_changed"] == 0 && !slices.Contains(j.caps[max(a.caps, 0):], a.Cap):
		b.Fail("job %s: request %s is done, and the cap was never %s", j.id, request, a.Cap)
	case o == Unknown && a.Cap > 0 && len(a.done) > 0:
		b.saw(chance.LostAndDone)
	case o == Unknown && a.Cap > 0:
		b.saw(chance.LostAndNot)
	}
}

// saw counts something that has to happen in some run.
func (b *Books) saw(kind chance.Kind) {
	if b.Saw != nil {
		b.Saw(kind)
	}
}

// historyRecord takes a new entry of a job's history in. It is looked at once the header has been read.
func (b *Books) historyRecord(j *jobBook, key ports.Key) {
	body, _ := b.store.Read(key)
	var s said
	if err := json.Unmarshal(body, &s); err != nil {
		b.Fail("job %s: %s: %v", j.id, key.Sort, err)
		return
	}
	j.said = append(j.said, s)
	a := b.asks[s.Data["request_id"]]
	if a == nil {
		return
	}
	if a.done[s.Type]++; a.done[s.Type] > 1 || a.Job != j.id {
		b.Fail("job %s: request %s was asked of job %s, and %s is done %d times", j.id, a.Request, a.Job, s.Type, a.done[s.Type])
	}
}

// said is the entry of that type that the commit has written, and who asked for it; nil for nobody that is known.
func (b *Books) said(j *jobBook, kind string) (said, *Ask, bool) {
	for _, s := range j.said {
		if s.Type == kind {
			return s, b.asks[s.Data["request_id"]], true
		}
	}
	return said{}, nil, false
}
