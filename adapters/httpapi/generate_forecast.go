package httpapi

import (
	"math"
	"time"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
)

type moneyOut struct {
	Expected usd `json:"expected"`
	P95      usd `json:"p95"`
	Worst    usd `json:"worst"`
}

func shownMoney(m engine.Money) moneyOut { return moneyOut{usd(m.Expected), usd(m.P95), usd(m.Worst)} }

type timeOut struct {
	Expected int64 `json:"expected"`
	P95      int64 `json:"p95"`
	Worst    int64 `json:"worst"`
}

func shownTime(t engine.Time) timeOut {
	return timeOut{seconds(t.Expected), seconds(t.P95), seconds(t.Worst)}
}

// seconds are whole ones, rounded up.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }

type laneOut struct {
	Lane       cost.Lane `json:"lane" enum:"realtime,batch"`
	Cost       moneyOut  `json:"cost_usd"`
	Uncached   usd       `json:"uncached_usd" doc:"the expected cost without caching"`
	CacheReads int64     `json:"cache_read_tokens"`
	Duration   timeOut   `json:"duration_s"`
}

type verdictOut struct {
	Scope   backoffice.BudgetScope `json:"scope" enum:"global,business,job"`
	Limit   usd                    `json:"limit"`
	Free    usd                    `json:"free"`
	Verdict backoffice.Verdict     `json:"verdict" enum:"ok,short,none" doc:"short: it has less than the worst case; none: there is no such budget"`
}

type tokensOut struct {
	Input  int64 `json:"input"`
	Output int64 `json:"output"`
}

// forecastOut is what an order will use. What was not worked out again, because the job was there already, is left out.
type forecastOut struct {
	Pages        int          `json:"pages"`
	Tokens       tokensOut    `json:"tokens"`
	Cost         moneyOut     `json:"cost_usd"`
	Duration     timeOut      `json:"duration_s"`
	Lanes        []laneOut    `json:"lanes" nullable:"false"`
	BatchFor     int64        `json:"batch_for_s" doc:"for how long a job in the lane auto is collected into batches"`
	Budgets      []verdictOut `json:"budgets" nullable:"false"`
	Model        string       `json:"model"`
	PriceVersion string       `json:"price_version"`
	Basis        string       `json:"basis" enum:"answers,counted,lengths" doc:"earlier answers to the same templates, counts of the provider, or lengths alone"`
	Answers      int64        `json:"basis_answers" doc:"how many earlier answers it rests on"`
}

func shownForecast(f backoffice.OrderForecast) forecastOut {
	out := forecastOut{
		Pages: f.Tasks, Cost: shownMoney(f.Cost), Duration: shownTime(f.Duration), Lanes: []laneOut{}, BatchFor: seconds(f.BatchFor), Budgets: []verdictOut{},
		Model: f.Model, PriceVersion: f.PriceVersion, Answers: f.Answers,
	}
	out.Tokens.Input, out.Tokens.Output = f.Tokens.Input, f.Tokens.Output
	for _, l := range f.Lanes {
		out.Lanes = append(out.Lanes, laneOut{l.Lane, shownMoney(l.Cost), usd(l.Uncached), l.CacheReads, shownTime(l.Duration)})
	}
	for _, b := range f.Budgets {
		out.Budgets = append(out.Budgets, verdictOut{b.Scope, usd(b.Limit), usd(b.Free), b.Verdict})
	}
	switch out.Basis = "lengths"; {
	case f.Answers > 0:
		out.Basis = "answers"
	case f.Counted > 0:
		out.Basis = "counted"
	}
	return out
}
