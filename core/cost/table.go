package cost

import (
	_ "embed" // the built-in price table
	"encoding/json"
	"errors"
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

//go:embed prices.json
var pricesJSON []byte

// builtin reads the embedded file once; the result is the same on every call and never changes. A test has read the file as
// strictly as any other: doing so again would make up a tenth of the time in which a function starts.
var builtin = sync.OnceValue(func() *Table {
	var file tableFile
	err := json.Unmarshal(pricesJSON, &file)
	table := &Table{version: file.Version, models: map[string]priced{}}
	for _, line := range file.Models {
		err = errors.Join(err, table.add(line))
	}
	if err != nil {
		panic("cost: the built-in prices.json is broken: " + err.Error())
	}
	return table
})

// Table is one version of the price table: for each model the prices per token, by lane, token class and length of the
// prompt, and from which length on a prompt's prefix can be cached. It is immutable and safe for concurrent use.
type Table struct {
	version string
	models  map[string]priced
}

// priced is what the table says of one model.
type priced struct {
	steps []step
	// cacheMin is the shortest prefix in tokens that is cached; 0 for none.
	cacheMin int64
}

// step is the prices of calls whose prompt is longer than Over tokens, up to the next step.
type step struct {
	Over     int64 `json:"over"`
	Realtime rates `json:"realtime"`
	Batch    rates `json:"batch"`
}

// rates is prices in pico-dollars per token. They are plain integers, because the file has them as JSON numbers.
type rates struct {
	Input        int64 `json:"input"`
	CacheWrite5m int64 `json:"cache_write_5m"`
	CacheWrite1h int64 `json:"cache_write_1h"`
	CacheRead    int64 `json:"cache_read"`
	Output       int64 `json:"output"`
}

// Prices is the built-in table. It panics when the file built into the program is broken, which a test rules out.
func Prices() *Table { return builtin() }

// Version names the table in holds and ledger entries.
func (t *Table) Version() string { return t.version }

// Models lists every known model id, aliases included, sorted.
func (t *Table) Models() []string {
	return slices.Sorted(maps.Keys(t.models))
}

// Knows is nil for a model with a price, else fault.Invalid naming the models that have one.
func (t *Table) Knows(model string) error {
	if _, known := t.models[model]; known {
		return nil
	}
	return fault.New(fault.Invalid, "cost: no price for model %s: use one of %s", quote(model), strings.Join(t.Models(), ", "))
}

// CacheMinimum is the length in tokens from which on a prefix is kept; 0 means never. A shorter one is read anew by
// every call, in silence. An unknown model keeps nothing.
func (t *Table) CacheMinimum(model string) int64 { return t.models[model].cacheMin }

// Equal reports whether two tables say the same of the same models. Two of one version must.
func (t *Table) Equal(other *Table) bool {
	return t.version == other.version && maps.EqualFunc(t.models, other.models, func(a, b priced) bool {
		return a.cacheMin == b.cacheMin && slices.Equal(a.steps, b.steps)
	})
}

// Cost is the exact price of a call: the prompt's total decides the price step, then every token class has its rate.
// An unknown model or lane and a negative count are fault.Invalid, a price that does not fit is fault.Overflow.
func (t *Table) Cost(model string, lane Lane, u Usage) (Pico, error) {
	if err := u.notNegative(); err != nil {
		return 0, err
	}
	price, err := t.rates(model, lane, u.Prompt())
	if err != nil {
		return 0, err
	}
	var total Pico
	for _, part := range [...]struct{ tokens, rate int64 }{
		{u.Input, price.Input},
		{u.CacheWrite5m, price.CacheWrite5m},
		{u.CacheWrite1h, price.CacheWrite1h},
		{u.CacheRead, price.CacheRead},
		{u.Output, price.Output},
	} {
		high, low := bits.Mul64(uint64(part.tokens), uint64(part.rate))
		if high != 0 || low > uint64(math.MaxInt64-total) {
			return 0, fault.New(fault.Overflow, "cost: the price of %+v on %s exceeds the largest amount", u, model)
		}
		total += Pico(low)
	}
	return total, nil
}

// rates finds the prices of one call.
func (t *Table) rates(model string, lane Lane, prompt int64) (rates, error) {
	if err := t.Knows(model); err != nil {
		return rates{}, err
	}
	steps := t.models[model].steps
	at := steps[0]
	for _, next := range steps[1:] {
		if prompt > next.Over {
			at = next
		}
	}
	switch lane {
	case Realtime:
		return at.Realtime, nil
	case Batch:
		return at.Batch, nil
	}
	return rates{}, fault.New(fault.Invalid, "cost: no price for lane %s: use %s or %s", quote(string(lane)), Realtime, Batch)
}
