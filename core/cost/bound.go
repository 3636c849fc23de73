package cost

import "github.com/marketbrewer/marketbrewer/core/fault"

// Bound is the most that one attempt can cost, for at most prompt and output tokens: what is held before the call. The
// prompt's bound decides the price step, and no shorter prompt costs more. A call that asks for caching may write all of
// its prompt to the cache, so its prompt is priced at the dearest that can become of it: read anew, written for that
// long, or read from the cache. Errors as for Cost; an unknown cache is fault.Invalid.
func (t *Table) Bound(model string, lane Lane, cache Cache, prompt, output int64) (Pico, error) {
	anew := Usage{Input: prompt, Output: output}
	written, read := anew, anew
	switch cache {
	case NoCache:
	case Cache5m:
		written = Usage{CacheWrite5m: prompt, Output: output}
		read = Usage{CacheRead: prompt, Output: output}
	case Cache1h:
		written = Usage{CacheWrite1h: prompt, Output: output}
		read = Usage{CacheRead: prompt, Output: output}
	default:
		return 0, fault.New(fault.Invalid, "cost: no price for cache %s: use %s, %s or none", quote(string(cache)), Cache5m, Cache1h)
	}
	var most Pico
	for _, u := range [...]Usage{anew, written, read} {
		price, err := t.Cost(model, lane, u)
		if err != nil {
			return 0, err
		}
		most = max(most, price)
	}
	return most, nil
}
