package main

import (
	"io"
	"os"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// maxPrices is the largest price table that is read, in bytes: the built-in one has 8,000.
const maxPrices = 1 << 20

// priceFlags say what calls cost.
type priceFlags struct{ file string }

func (f *priceFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.file, "prices", "", "price calls by the table in `FILE` instead of the built-in one, see docs/prices.md")
}

// tables are the price tables: the first prices new calls, the others settle those that were held before. A file that
// says something else under the built-in table's version is refused, because a ledger entry has only the version.
func (f *priceFlags) tables() ([]*cost.Table, error) {
	if f.file == "" {
		return []*cost.Table{cost.Prices()}, nil
	}
	table, err := readTable(f.file)
	if err != nil {
		return nil, fault.New(fault.Invalid, "--prices %s: %s", f.file, plain(err))
	}
	switch {
	case table.Equal(cost.Prices()):
		return []*cost.Table{table}, nil
	case table.Version() == cost.Prices().Version():
		return nil, invalid("--prices %s: version %s is the built-in table's, and this one says something else: give it a version of its own",
			f.file, table.Version())
	}
	return []*cost.Table{table, cost.Prices()}, nil
}

func readTable(path string) (*cost.Table, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(io.LimitReader(file, maxPrices+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxPrices {
		return nil, fault.New(fault.Invalid, "is larger than a price table can be (%d bytes)", maxPrices)
	}
	return cost.ParseTable(data)
}
