package cost

import (
	"errors"
	"fmt"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxName bounds the texts that a ledger block repeats: model ids, lanes and price versions, in bytes.
const maxName = 128

// tableFile is the form of prices.json.
type tableFile struct {
	Version string      `json:"version"`
	Models  []tableLine `json:"models"`
}

// tableLine is the prices of one model. Source and Date say where they come from; they are demanded so that no price
// enters the table unexplained.
type tableLine struct {
	Model   string   `json:"model"`
	Aliases []string `json:"aliases"`
	Date    string   `json:"date"`
	Source  string   `json:"source"`
	// CacheMin may be left out, as files from before it do.
	CacheMin int64  `json:"cache_min"`
	Steps    []step `json:"steps"`
}

// ParseTable reads a price table. It is strict, because a slip in it is money: an unknown or repeated field, a model
// named twice, a price that is not a whole number above zero of pico-dollars per token, a row without date or source,
// steps that do not begin at 0 or do not rise, in length and in price, are all fault.Invalid. The format is described in
// docs/prices.md.
func ParseTable(data []byte) (*Table, error) {
	var file tableFile
	if err := decodeStrict(data, &file); err != nil {
		return nil, fault.New(fault.Invalid, "cost: price table: %w", err)
	}
	if err := checkName("version", file.Version); err != nil {
		return nil, err
	}
	if len(file.Models) == 0 {
		return nil, fault.New(fault.Invalid, "cost: price table %s has no models", quote(file.Version))
	}
	table := &Table{version: file.Version, models: map[string]priced{}}
	for _, line := range file.Models {
		if err := table.add(line); err != nil {
			return nil, err
		}
	}
	return table, nil
}

// add takes one line into the table, under its id and its aliases.
func (t *Table) add(line tableLine) error {
	for _, model := range append([]string{line.Model}, line.Aliases...) {
		if err := checkName("model", model); err != nil {
			return err
		}
		if _, known := t.models[model]; known {
			return fault.New(fault.Invalid, "cost: price table: model %s stands there twice", quote(model))
		}
		t.models[model] = priced{steps: line.Steps, cacheMin: line.CacheMin}
	}
	if err := line.check(); err != nil {
		return fault.New(fault.Invalid, "cost: price table: model %s: %w", quote(line.Model), err)
	}
	return nil
}

func (l tableLine) check() error {
	if _, err := time.Parse(time.DateOnly, l.Date); err != nil {
		return fmt.Errorf("date %s must be a day like 2026-10-10", quote(l.Date))
	}
	if l.Source == "" {
		return errors.New("source is missing: say where the prices are published")
	}
	if l.CacheMin < 0 {
		return fmt.Errorf("cache_min %d must be a number of tokens, or left out where nothing is cached", l.CacheMin)
	}
	if len(l.Steps) == 0 || l.Steps[0].Over != 0 {
		return errors.New("the first step must be over 0 prompt tokens")
	}
	for i, next := range l.Steps {
		if !(rates{1, 1, 1, 1, 1}).upTo(next.Realtime) || !(rates{1, 1, 1, 1, 1}).upTo(next.Batch) {
			return fmt.Errorf("step over %d: every price of realtime and batch must be above zero", next.Over)
		}
		if i == 0 {
			continue
		}
		last := l.Steps[i-1]
		if next.Over <= last.Over || !last.Realtime.upTo(next.Realtime) || !last.Batch.upTo(next.Batch) {
			return fmt.Errorf("step over %d: a step must be longer than the one before, and nowhere cheaper", next.Over)
		}
	}
	return nil
}

// upTo reports whether no price of other is below that of r.
func (r rates) upTo(other rates) bool {
	return r.Input <= other.Input && r.CacheWrite5m <= other.CacheWrite5m && r.CacheWrite1h <= other.CacheWrite1h &&
		r.CacheRead <= other.CacheRead && r.Output <= other.Output
}

func checkName(what, name string) error {
	ok := name != "" && len(name) <= maxName
	for i := range len(name) {
		ok = ok && name[i] > ' ' && name[i] <= '~'
	}
	if !ok {
		return fault.New(fault.Invalid, "cost: price table: %s %s must be 1 to %d printable ASCII characters without space",
			what, quote(name), maxName)
	}
	return nil
}
