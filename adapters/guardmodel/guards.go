package guardmodel

import "sync"

// maxGuards bounds the models that have a guard of their own. All further ones share a last one, so that a caller who
// makes up names costs no memory.
const maxGuards = 64

// guards are those of the models that were called so far.
type guards struct {
	fresh func(name string) *guard

	mu     sync.RWMutex
	byName map[string]*guard
	// rest is of all models beyond maxGuards.
	rest *guard
}

// of returns a model's guard.
func (gs *guards) of(name string) *guard {
	gs.mu.RLock()
	g := gs.byName[name]
	gs.mu.RUnlock()
	if g != nil {
		return g
	}
	return gs.add(name)
}

func (gs *guards) add(name string) *guard {
	gs.mu.Lock()
	defer gs.mu.Unlock()
	if g := gs.byName[name]; g != nil {
		return g
	}
	if len(gs.byName) < maxGuards {
		if gs.byName == nil {
			gs.byName = map[string]*guard{}
		}
		gs.byName[name] = gs.fresh(name)
		return gs.byName[name]
	}
	if gs.rest == nil {
		gs.rest = gs.fresh("other models")
	}
	return gs.rest
}
