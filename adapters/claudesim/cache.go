package claudesim

import (
	"crypto/sha256"
	"sync"
)

// How long a prefix is kept, in simulated seconds from the start of the request that wrote or last read it.
const (
	shortKept = 5 * 60
	longKept  = 60 * 60
)

// lookBack is how many blocks before a breakpoint are looked up as ends of a known prefix.
const lookBack = 20

// promptCache is the prefixes that the account has kept.
type promptCache struct {
	mu      sync.Mutex
	entries map[[32]byte]cacheEntry
	// sweepAt is the number of entries at which the expired ones are dropped.
	sweepAt int
}

// cacheEntry is one kept prefix: it is found from visible until expires.
type cacheEntry struct {
	visible, expires, kept float64
}

// prefix is the prompt up to the end of one block.
type prefix struct {
	key    [32]byte
	tokens int64
	// kept is how long a breakpoint here is to be kept; 0 if there is none.
	kept float64
}

// cacheUse is what a request reads from the cache and writes to it.
type cacheUse struct {
	tokens
	began float64
	read  [][32]byte
	write []prefix
}

// cacheMode is how the cache treats a request.
type cacheMode int

const (
	cacheWorks cacheMode = iota
	// cacheCold finds nothing and writes all.
	cacheCold
	// cacheOff neither finds nor writes.
	cacheOff
)

// plan works out what a request that begins now would read and write; it changes nothing.
func (c *promptCache) plan(q *request, now float64, mode cacheMode) cacheUse {
	use := cacheUse{tokens: tokens{input: q.promptTokens()}, began: now}
	if q.breakpoints == 0 || mode == cacheOff {
		return use
	}
	prefixes := q.prefixes()
	found := -1
	if mode == cacheWorks {
		found = c.find(q, prefixes, now)
	}
	if found >= 0 {
		use.tokens.read = prefixes[found].tokens
	}
	ends := use.tokens.read
	for i, p := range prefixes {
		switch {
		case p.kept == 0 || p.tokens < q.model.leastPrefix:
		case i <= found:
			use.read = append(use.read, p.key)
		default:
			if p.kept == longKept {
				use.write1h += p.tokens - ends
			} else {
				use.write5m += p.tokens - ends
			}
			ends = p.tokens
			use.write = append(use.write, p)
		}
	}
	if found >= 0 && prefixes[found].kept == 0 {
		use.read = append(use.read, prefixes[found].key)
	}
	use.input -= ends
	return use
}

// find is the longest known prefix that ends at a breakpoint or up to 19 blocks before one; -1 if none does.
func (c *promptCache) find(q *request, prefixes []prefix, now float64) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(prefixes) - 1; i >= 0; i-- {
		if prefixes[i].kept == 0 {
			continue
		}
		for j := i; j > max(i-lookBack, -1); j-- {
			if e, ok := c.entries[prefixes[j].key]; ok && e.visible <= now && now < e.expires && prefixes[j].tokens >= q.model.leastPrefix {
				return j
			}
		}
	}
	return -1
}

// refresh keeps what a request reads for as long again as it was kept, counted from the request's start.
func (c *promptCache) refresh(use cacheUse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range use.read {
		if e, ok := c.entries[key]; ok {
			e.expires = max(e.expires, use.began+e.kept)
			c.entries[key] = e
		}
	}
}

// publish makes what a request writes visible from the first byte of its answer on.
func (c *promptCache) publish(use cacheUse, visible float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil || len(c.entries) >= c.sweepAt {
		c.sweep(visible)
	}
	for _, p := range use.write {
		e, ok := c.entries[p.key]
		if !ok || e.expires <= visible {
			e = cacheEntry{visible: visible}
		}
		e.visible = min(e.visible, visible)
		e.kept = max(e.kept, p.kept)
		e.expires = max(e.expires, use.began+p.kept)
		c.entries[p.key] = e
	}
}

func (c *promptCache) sweep(now float64) {
	const enough = 1024
	left := make(map[[32]byte]cacheEntry, len(c.entries)/2)
	for key, e := range c.entries {
		if now < e.expires {
			left[key] = e
		}
	}
	c.entries, c.sweepAt = left, enough+2*len(left)
}

func (c *promptCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = nil
}

// prefixes is the prompt's blocks in the order of the service: tools, system, messages. All that changes the
// meaning of a prefix is in its key: model, tools, format, effort and thinking.
func (q *request) prefixes() []prefix {
	key := sha256.Sum256(encode([]any{q.model.id, string(q.schemaText), q.effort, q.thinking, q.budget}))
	total, sum := q.promptTokens(), q.formatTokens()
	blocks := q.blocks()
	prefixes := make([]prefix, len(blocks))
	for i, b := range blocks {
		h := sha256.New()
		h.Write(key[:])
		h.Write([]byte(b.role + "\x00" + b.text))
		h.Sum(key[:0])
		sum += b.tokens
		prefixes[i] = prefix{key: key, tokens: min(sum, total), kept: b.kept}
	}
	return prefixes
}

// blocks is all blocks of the prompt; the automatic breakpoint is the last one's.
func (q *request) blocks() []promptBlock {
	var blocks []promptBlock
	if q.toolsText != nil {
		blocks = append(blocks, promptBlock{role: "tools", text: string(q.toolsText), tokens: q.toolTokens(), kept: q.toolsKept})
	}
	blocks = append(append(blocks, q.system...), q.turns...)
	if last := &blocks[len(blocks)-1]; q.autoKept > 0 {
		last.kept = q.autoKept
	}
	return blocks
}
