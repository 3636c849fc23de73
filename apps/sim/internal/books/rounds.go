package books

import (
	"slices"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// walks notes what a retry wants, and checks at its end that every task of it began the new round.
func (b *Books) walks(j *jobBook) {
	h, was := j.header, j.before
	if h.Round > was.Round {
		b.roundBegins(j)
	}
	if was.Walk != nil && h.Walk == nil && h.Round == was.Round && h.CancelledAt.IsZero() && len(j.wanted) > 0 {
		b.Fail("job %s: the retry of round %d has ended without the tasks %v", j.id, h.Round, j.wanted)
	}
}

// roundBegins notes the tasks of a new round by what was asked for, not by what the engine has made of that; where nobody is known
// to have asked, by the latter.
func (b *Books) roundBegins(j *jobBook) {
	h := j.header
	_, ask, some := b.said(j, "retried")
	if !some {
		b.Fail("job %s: began round %d, and its history does not tell of that", j.id, h.Round)
	}
	j.wanted = map[int]bool{}
	others := 0
	for _, s := range j.shards {
		for _, p := range s.parcels {
			for i := range p.Tasks {
				t, ordinal := &p.Tasks[i], p.First+i
				switch {
				case ask != nil && ask.Retry && ask.wants(ordinal, t), (ask == nil || !ask.Retry) && h.Walk != nil && h.Walk.Wants(ordinal, t):
					j.wanted[ordinal] = true
				case t.State == job.TaskFailed:
					others++
				}
			}
		}
	}
	if ask == nil || !ask.Retry {
		return
	}
	if len(ask.Codes) > 0 && others > 0 && len(j.wanted) > 0 {
		b.saw(chance.ByCause)
	}
	b.keyed(j, ask.Key)
}

// keyed checks that a key begins one round.
func (b *Books) keyed(j *jobBook, key string) {
	if j.remembers(key) {
		b.Fail("job %s: the key %q begins round %d, and has begun one before", j.id, key, j.header.Round)
	}
	if key != "" {
		j.keys = append(j.keys, key)
	}
}

// remembers reports whether the key is among the last that have begun rounds: so many the engine knows.
func (j *jobBook) remembers(key string) bool {
	return key != "" && slices.Contains(j.keys[max(len(j.keys)-job.KeptRetryKeys, 0):], key)
}

// wants reports whether the task is one of those that were asked for.
func (a *Ask) wants(ordinal int, t *job.Task) bool {
	named := slices.Contains(a.Ordinals, ordinal)
	switch {
	case len(a.Ordinals) > 0 && !named, len(a.Codes) > 0 && !slices.Contains(a.Codes, t.Code):
		return false
	case t.State == job.TaskCompleted:
		return named && len(a.Codes) == 0
	}
	return t.State == job.TaskFailed
}

// requeued checks a task that begins a new round.
func (b *Books) requeued(who string, j *jobBook, ordinal int, t *job.Task) {
	if t.Judged != 0 || t.Unknown != 0 || t.Refusals != 0 || t.LastJudged != 0 || !t.RefusedSince.IsZero() {
		b.Fail("%s begins a round with what it used up in the last: %+v", who, t)
	}
	if j.wanted != nil && !j.wanted[ordinal] {
		b.Fail("%s begins round %d, and the retry was not of it", who, j.header.Round)
	}
	delete(j.wanted, ordinal)
}

// FailedOf are the codes that tasks of the job have failed with, ascending.
func (b *Books) FailedOf(id job.ID) []job.Code {
	var codes []job.Code
	for _, s := range b.jobs[id].shards {
		for _, p := range s.parcels {
			for i := range p.Tasks {
				if code := p.Tasks[i].Code; code != "" && !slices.Contains(codes, code) {
					codes = append(codes, code)
				}
			}
		}
	}
	slices.Sort(codes)
	return codes
}
