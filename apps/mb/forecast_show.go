package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

// forecastJSON is what --json prints. Cost and duration are those of the lane asked for; of auto, of realtime.
type forecastJSON struct {
	Pages        int    `json:"pages"`
	Model        string `json:"model"`
	PriceVersion string `json:"price_version"`
	// Answers is how many earlier answers it rests on.
	Answers int64 `json:"earlier_answers"`
	Tokens  struct {
		Input  int64 `json:"input"`
		Output int64 `json:"output"`
	} `json:"tokens"`
	Cost     moneyJSON  `json:"cost_usd"`
	Duration timeJSON   `json:"duration_s"`
	Lanes    []laneJSON `json:"lanes"`
}

type moneyJSON struct {
	Expected cost.Pico `json:"expected"`
	P95      cost.Pico `json:"p95"`
	Worst    cost.Pico `json:"worst"`
}

type timeJSON struct {
	Expected float64 `json:"expected"`
	P95      float64 `json:"p95"`
	Worst    float64 `json:"worst"`
}

type laneJSON struct {
	Lane cost.Lane `json:"lane"`
	// Cache is how long the shared prefix is kept, empty for not at all; CacheReads how many tokens are read from there.
	Cache      cost.Cache `json:"cache"`
	CacheReads int64      `json:"cache_read_tokens"`
	Cost       moneyJSON  `json:"cost_usd"`
	Uncached   cost.Pico  `json:"uncached_usd"`
	Duration   timeJSON   `json:"duration_s"`
}

func forecastOf(f engine.Forecast) forecastJSON {
	v := forecastJSON{Pages: f.Tasks, Model: f.Model, PriceVersion: f.PriceVersion, Answers: f.Answers}
	v.Tokens.Input, v.Tokens.Output = f.Tokens.Input, f.Tokens.Output
	v.Cost, v.Duration = moneyOf(f.Cost), timeOf(f.Duration)
	for _, l := range f.Lanes {
		v.Lanes = append(v.Lanes, laneJSON{l.Lane, l.Cache, l.CacheReads, moneyOf(l.Cost), l.Uncached, timeOf(l.Duration)})
	}
	return v
}

func moneyOf(m engine.Money) moneyJSON { return moneyJSON{m.Expected, m.P95, m.Worst} }

func timeOf(t engine.Time) timeJSON {
	s := func(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
	return timeJSON{s(t.Expected), s(t.P95), s(t.Worst)}
}

// table is the forecast for people.
func table(f engine.Forecast, lane cost.Lane, limit cost.Pico) string {
	var b strings.Builder
	fmt.Fprintf(&b, "pages     %s by %s (prices of %s)\n", screen.Number(f.Tasks), f.Model, f.PriceVersion)
	fmt.Fprintf(&b, "tokens    %s in, %s out, %s\n\n", screen.Number(int(f.Tokens.Input)), screen.Number(int(f.Tokens.Output)), basis(f))
	row := func(title, what string, cells ...string) {
		fmt.Fprintf(&b, "%-9s %-4s  %14s  %14s  %14s\n", title, what, cells[0], cells[1], cells[2])
	}
	row("", "", "expected", "rarely above", "at worst")
	for _, l := range f.Lanes {
		row(string(l.Lane), "cost", screen.USD(l.Cost.Expected), screen.USD(l.Cost.P95), screen.USD(l.Cost.Worst))
		row("", "time", screen.Time(l.Duration.Expected), screen.Time(l.Duration.P95), screen.Time(l.Duration.Worst))
	}
	b.WriteString("\n" + savings(f))
	switch {
	case lane == cost.Auto && f.BatchFor == 0:
		b.WriteString("auto      the deadline leaves no time for a batch: all is made in realtime\n")
	case lane == cost.Auto:
		fmt.Fprintf(&b, "auto      in batches for %s, and what is left then in realtime\n", screen.Time(f.BatchFor))
	}
	if limit > 0 && limit < f.Cost.Expected {
		fmt.Fprintf(&b, "\nA cap of %s is less than is expected: the job would pause when it is used up.\n", screen.USD(limit))
	}
	return b.String()
}

// basis says what the figures rest on.
func basis(f engine.Forecast) string {
	if f.Answers > 0 {
		return fmt.Sprintf("as %s earlier answers show", screen.Number(int(f.Answers)))
	}
	return "by the length of the prompts and pages"
}

// savings says what keeping the shared part of the prompts, and a batch, are worth.
func savings(f engine.Forecast) string {
	var b strings.Builder
	for _, l := range f.Lanes {
		if l.Lane == cost.Realtime {
			fmt.Fprintf(&b, "caching   %s\n", cached(l, f.Tokens.Input))
			continue
		}
		fmt.Fprintf(&b, "batch     saves %s of %s", part(f.Cost.Expected-l.Cost.Expected, f.Cost.Expected), screen.USD(f.Cost.Expected))
		if l.Cache != cost.NoCache {
			b.WriteString(", if half of its calls find what is kept")
		}
		b.WriteString("; most are done within the hour, all within a day\n")
	}
	return b.String()
}

func cached(l engine.LaneForecast, input int64) string {
	if l.Cache == cost.NoCache {
		return "none: too few pages, or too short a text that they share"
	}
	return fmt.Sprintf("saves %s of %s: %d %% of what is sent is the same for all pages of a language, and kept",
		part(l.Uncached-l.Cost.Expected, l.Uncached), screen.USD(l.Uncached), l.CacheReads*100/max(input, 1))
}

// part is an amount and how much of the whole it is.
func part(amount, whole cost.Pico) string {
	return fmt.Sprintf("%s (%d %%)", screen.USD(amount), int64(amount)*100/max(int64(whole), 1))
}
