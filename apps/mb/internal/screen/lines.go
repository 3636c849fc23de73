package screen

import (
	"fmt"
	"strings"
)

// The colours of a terminal; empty where there are none.
type colours struct{ done, bad, dim, off string }

func (s *Screen) colours() colours {
	if !s.colour {
		return colours{}
	}
	return colours{done: "\x1b[32m", bad: "\x1b[31m", dim: "\x1b[2m", off: "\x1b[0m"}
}

// bar draws the share of the pages that have ended.
func bar(v View, width int, c colours) string {
	full := int(v.share() * float64(width))
	return "[" + c.done + strings.Repeat("=", full) + c.off + c.dim + strings.Repeat("-", width-full) + c.off + "]"
}

// progressLine says how far the job is: bar, share, states, and why pages wait. It takes at most the given columns.
func progressLine(v View, columns int, c colours) string {
	text := fmt.Sprintf(" %3d %%  %s/%s done", int(v.share()*100), Number(v.Completed), Number(v.Total))
	failed := ""
	if v.Failed > 0 {
		failed = fmt.Sprintf("  %s failed", Number(v.Failed))
	}
	rest := ""
	if v.Cancelled > 0 {
		rest += fmt.Sprintf("  %s cancelled", Number(v.Cancelled))
	}
	if len(v.Waiting) > 0 {
		rest += "  waiting: " + Waits(v.Waiting)
	}
	const widest, narrowest = 32, 8
	width := columns - len(text) - len(failed) - len(rest) - 3
	width = min(max(width, narrowest), widest)
	rest = cut(rest, columns-1-len(text)-len(failed)-width-2)
	return bar(v, width, c) + text + c.bad + failed + c.off + rest
}

// moneyLine says how fast it goes and what it costs.
//
// Its amounts have four decimals always, so that it does not jump.
func (s *Screen) moneyLine(v View, columns int) string {
	return cut(fmt.Sprintf("%s%s spent | %s held | %s cap", s.going(v), usd(v.Spent, 4), usd(v.Held, 4), usd(v.Cap, 4)), columns-1)
}

// going says how fast it goes, as long as it goes.
func (s *Screen) going(v View) string {
	left, known := s.pace.left(v)
	switch {
	case v.Over:
		return ""
	case v.Stopping:
		return fmt.Sprintf("stopping: %s  ", finishing(v.Running))
	}
	return rate(s.pace.perSecond()) + "  " + eta(left, known && !v.Stuck) + "  "
}

// finishing says how many pages are still worked on.
func finishing(n int) string {
	if n == 1 {
		return "1 page finishes"
	}
	return Number(n) + " pages finish"
}

// plainLine is everything in one line, for files and pipes.
func (s *Screen) plainLine(v View) string {
	parts := []string{fmt.Sprintf("%s/%s done", Number(v.Completed), Number(v.Total)), Number(v.Failed) + " failed"}
	if v.Cancelled > 0 {
		parts = append(parts, Number(v.Cancelled)+" cancelled")
	}
	if len(v.Waiting) > 0 {
		parts = append(parts, "waiting: "+Waits(v.Waiting))
	}
	parts = append(parts, fmt.Sprintf("%s%s spent | %s held | %s cap", s.going(v), usd(v.Spent, 4), usd(v.Held, 4), usd(v.Cap, 4)))
	return strings.Join(parts, "  ")
}

// cut shortens a text of ASCII to a number of columns.
func cut(text string, columns int) string {
	if columns < 0 {
		return ""
	}
	if len(text) > columns {
		return text[:columns]
	}
	return text
}
