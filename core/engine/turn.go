package engine

import (
	"context"
	"errors"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

// updateProvider takes this process's turn at the record: it tells what was seen, and then runs decide on the record. Without decide
// it only brings news, and leaves them to whoever has the turn: nobody with an answer in hand waits for that.
func (e *Engine) updateProvider(ctx context.Context, p *pacer, decide func(known quota.Provider, now time.Time) (after quota.Provider, changed bool)) error {
	err := e.inTurn(ctx, p, decide)
	for range mostFlushes {
		if err != nil || !p.isUrgent() {
			break
		}
		// This is others' news, left while the turn was taken, or just as it was given back: what was asked for stands.
		if failed := e.inTurn(ctx, p, nil); failed != nil {
			e.observe(ctx, ports.Event{Name: ports.EventFault, Model: p.model, Fault: string(fault.KindOf(failed)), Detail: fault.OneLine(failed, 300)})
			break
		}
	}
	return err
}

// mostFlushes bounds how often one call tells what others have left to it. What is left then the next one tells.
const mostFlushes = 3

// inTurn waits for the turn when there is something to decide.
func (e *Engine) inTurn(ctx context.Context, p *pacer, decide func(known quota.Provider, now time.Time) (after quota.Provider, changed bool)) error {
	until := time.Time{}
	if decide == nil {
		until = time.Unix(1, 0)
		p.setUrgent(true)
	}
	if _, mine := p.turn.Take(ctx, until); !mine {
		return ctx.Err()
	}
	defer p.turn.Put(nil)
	return e.updateInTurn(ctx, p, decide)
}

// updateInTurn tells the record what was seen, and then runs decide on it, in one Update. Nothing is written when there was
// nothing to tell and decide changed nothing, nor for a few answered calls alone: each ask in vain would be a write. All else
// is told even when decide changed nothing: else a refusal that could not be told at once would hold back whoever asks from
// the time of each ask anew, for ever.
func (e *Engine) updateInTurn(ctx context.Context, p *pacer, decide func(known quota.Provider, now time.Time) (after quota.Provider, changed bool)) error {
	p.setUrgent(false)
	seen := p.unsaid()
	if decide == nil && seen.Empty() {
		return nil
	}
	key, now := providerKey(p.model), e.Clock.Now()
	var before, after quota.Provider
	var wrote, told bool
	err := e.Store.Update(ctx, []ports.Key{key}, func(tx ports.Tx) error {
		known, found, err := readProvider(tx, key)
		if err != nil {
			return err
		}
		before, after, told = known, known, !seen.Empty() && (decide == nil || seen.Calls >= much || !seen.Routine())
		if !seen.Empty() {
			after = after.Take(now, seen)
		}
		if decide != nil {
			decided, changed := decide(after, now)
			after, told = decided, told || changed
		}
		wrote = found || told
		if !told {
			after = before
			return nil
		}
		tx.Put(ports.Record{Key: key, Kind: kindProvider, Body: marshal(providerRecord{Schema: job.Schema, Provider: after})})
		return nil
	})
	if err != nil || !told {
		// Told twice after an outcome that could not be learnt, it would count twice: a little of the rate, no money.
		p.untell(seen)
	}
	if err != nil {
		return err
	}
	p.learn(after, wrote, now)
	e.observeBreaker(ctx, p.model, before.Breaker, after.Breaker)
	if told {
		e.observeQuota(ctx, p.model, seen.Limits)
	}
	return nil
}

// flushProvider tells the record at once. What cannot be told now is told with the next.
func (e *Engine) flushProvider(ctx context.Context, p *pacer) {
	if err := e.updateProvider(ctx, p, nil); err != nil && !errors.Is(err, context.Canceled) {
		e.observe(ctx, ports.Event{Name: ports.EventFault, Model: p.model, Fault: string(fault.KindOf(err)), Detail: fault.OneLine(err, 300)})
	}
}

// setUrgent notes whether what is seen is to be told at once, isUrgent asks for it.
func (p *pacer) setUrgent(is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.urgent = is
}

func (p *pacer) isUrgent() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.urgent
}
