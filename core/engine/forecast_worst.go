package engine

import (
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// worst prices every allowed attempt of every task at its hold. Where the largest request may reach a dearer step, all
// are priced at it.
func (w *weighing) worst(lane cost.Lane, cache cost.Cache) (cost.Pico, error) {
	est := &w.est
	input, output := max(est.InputBound, est.InputBoundMost), max(est.OutputBound, est.OutputBoundMost)
	first, err := w.sumBound(lane, cache, est.InputBound, est.OutputBound)
	if err != nil {
		return 0, err
	}
	later, err := w.sumBound(lane, cache, input, output)
	if err != nil {
		return 0, err
	}
	if later, err = later.Times(int64(w.limits.Attempts() - 1)); err != nil {
		return 0, err
	}
	return first.Plus(later)
}

// sumBound prices summed bounds at the unit prices of the largest request's step.
func (w *weighing) sumBound(lane cost.Lane, cache cost.Cache, input, output int64) (cost.Pico, error) {
	perInput, err := w.unit(lane, cache, 1, 0)
	if err != nil {
		return 0, err
	}
	perOutput, err := w.unit(lane, cache, 0, 1)
	if err != nil {
		return 0, err
	}
	in, err := perInput.Times(input)
	if err != nil {
		return 0, err
	}
	out, err := perOutput.Times(output)
	if err != nil {
		return 0, err
	}
	return in.Plus(out)
}

// unit is the price of one more token on top of the largest request.
func (w *weighing) unit(lane cost.Lane, cache cost.Cache, input, output int64) (cost.Pico, error) {
	est := &w.est
	base, err := w.table.Bound(est.Model, lane, cache, est.InputMax, 0)
	if err != nil {
		return 0, err
	}
	more, err := w.table.Bound(est.Model, lane, cache, est.InputMax, output)
	if err != nil {
		return 0, err
	}
	if input > 0 {
		if est.InputMax == 0 {
			return 0, fault.New(fault.Internal, "forecast: the plan says that its largest request is empty")
		}
		return base / cost.Pico(est.InputMax), nil
	}
	return more - base, nil
}
