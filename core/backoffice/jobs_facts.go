package backoffice

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

const (
	// readers is how many answers are read at once.
	readers = 16
	// factLimit is how many answers' facts are kept in each of two generations: about 10 MB in all.
	factLimit = 20_000
)

// answerID names a stored answer. What it says never changes.
type answerID struct {
	job              job.ID
	ordinal, attempt int
}

// answerFacts is what lists say of an answer, so that it is not read for every list.
type answerFacts struct {
	model, sha256, detail string
	words, sections       int
	flags                 []string
	at                    time.Time
	took                  time.Duration
}

// factCache keeps the facts of the answers that were read lately: what falls out of the newer generation is forgotten with
// the older one.
type factCache struct{ newer, older map[answerID]answerFacts }

func (c *factCache) get(id answerID) (answerFacts, bool) {
	f, found := c.newer[id]
	if !found {
		if f, found = c.older[id]; found {
			c.put(id, f)
		}
	}
	return f, found
}

func (c *factCache) put(id answerID, f answerFacts) {
	if c.newer == nil || len(c.newer) >= factLimit {
		c.newer, c.older = map[answerID]answerFacts{}, c.newer
	}
	c.newer[id] = f
}

// wanted is an answer and the page that it is for.
type wanted struct {
	id   answerID
	page *PageView
}

// readFacts completes the pages by what their answers say.
func (j *Jobs) readFacts(ctx context.Context, id job.ID, list []PageView) error {
	var needed []wanted
	for i := range list {
		for _, attempt := range []int{list[i].Accepted, list[i].failed} {
			if attempt > 0 {
				needed = append(needed, wanted{answerID{id, list[i].Ordinal, attempt}, &list[i]})
			}
		}
	}
	needed = j.remembered(needed)
	read := make([]answerFacts, len(needed))
	n := min(readers, len(needed))
	err := j.Engine.Group.Run(ctx, n, func(ctx context.Context, first int) (err error) {
		for i := first; i < len(needed) && err == nil; i += n {
			read[i], err = j.answer(ctx, needed[i].id)
		}
		return err
	})
	if err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	for i, one := range needed {
		j.facts.put(one.id, read[i])
		one.fill(read[i])
	}
	return nil
}

// remembered fills in what is known and returns the rest.
func (j *Jobs) remembered(needed []wanted) (rest []wanted) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, one := range needed {
		if f, known := j.facts.get(one.id); known {
			one.fill(f)
		} else {
			rest = append(rest, one)
		}
	}
	return rest
}

// answer reads what an answer says. One that is not there says nothing: an attempt may have ended without one.
func (j *Jobs) answer(ctx context.Context, id answerID) (answerFacts, error) {
	stored, err := j.Engine.Answer(ctx, id.job, id.ordinal, id.attempt)
	if is(err, fault.NotFound) {
		return answerFacts{}, nil
	}
	if err != nil {
		return answerFacts{}, err
	}
	f, _, err := factsOf(id, stored)
	return f, err
}

// factsOf is what an answer says, and the content that it has if it was accepted.
func factsOf(id answerID, stored *job.Stored) (answerFacts, pages.Content, error) {
	f := answerFacts{model: stored.Model, detail: stored.Verdict.Detail, flags: stored.Verdict.Flags, at: stored.At, took: stored.Took}
	if stored.Verdict.Outcome != job.Accepted {
		return f, pages.Content{}, nil
	}
	content, err := pages.DecodeContent(stored.Verdict.Output)
	if err != nil {
		return f, content, fault.New(fault.Corrupt, "backoffice: the answer to page %d of job %s, attempt %d, is no page", id.ordinal, id.job, id.attempt)
	}
	sum := stored.Content()
	f.sha256, f.words, f.sections = hex.EncodeToString(sum[:]), pages.WordCount(content), len(content.Sections)
	return f, content, nil
}

// fill puts the facts into the page: those of the accepted answer, or why it failed.
func (w wanted) fill(f answerFacts) {
	p := w.page
	if w.id.attempt == p.failed {
		p.ErrorMessage = f.detail
	}
	if w.id.attempt != p.Accepted {
		return
	}
	p.Model, p.ContentSHA256, p.WordCount, p.SectionCount, p.Flags = f.model, f.sha256, f.words, f.sections, f.flags
	p.StartedAt, p.CompletedAt = f.at.Add(-f.took), f.at
}
