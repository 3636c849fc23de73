package screen

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// Number writes a whole number with commas between thousands.
func Number(n int) string {
	if n < 0 {
		return "-" + Number(-n)
	}
	digits := strconv.Itoa(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// USD writes an amount for people: four decimals, more for less than a cent, rounded half up. Exact amounts are written by
// cost.Pico itself.
func USD(p cost.Pico) string {
	if -cost.Dollar/100 < p && p < cost.Dollar/100 && p != 0 {
		return usd(p, 6)
	}
	return usd(p, 4)
}

// Dollars writes an amount that a person has chosen, such as a budget: in dollars and cents, and as USD does what has more to it.
func Dollars(p cost.Pico) string {
	if p%(cost.Dollar/100) != 0 {
		return USD(p)
	}
	return usd(p, 2)
}

// usd writes an amount with so many decimals.
func usd(p cost.Pico, decimals int) string {
	if p < 0 {
		return "-" + usd(-p, decimals)
	}
	unit := cost.Dollar
	for range decimals {
		unit /= 10
	}
	units := int64(p / unit)
	if p%unit >= unit/2 {
		units++
	}
	per := int64(cost.Dollar / unit)
	return fmt.Sprintf("$%s.%0*d", Number(int(units/per)), decimals, units%per)
}

// Time writes a duration for people, in its two largest units.
func Time(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		d = d.Round(time.Second)
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
}

// eta writes a time that is left, coarsely.
func eta(d time.Duration, known bool) string {
	switch {
	case !known:
		return "ETA -"
	case d < time.Minute:
		return fmt.Sprintf("ETA %d s", int(d.Seconds())+1)
	}
	return "ETA " + Time(d)
}

// Waits lists what pages wait for, the most frequent reason as it was given: retry 8, quota 4.
func Waits(waiting []Waiting) string {
	parts := make([]string, 0, len(waiting))
	for _, w := range waiting {
		parts = append(parts, w.Reason+" "+Number(w.Pages))
	}
	return strings.Join(parts, ", ")
}

// rate writes pages per second.
func rate(perSecond float64) string {
	if perSecond > 0 && perSecond < 1 {
		return fmt.Sprintf("%.1f pages/min", perSecond*60)
	}
	return fmt.Sprintf("%.1f pages/s", perSecond)
}

// Line is somebody's text as one line of a list can show it: what moves the cursor, turns the direction of text or cannot be seen is a
// question mark.
func Line(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}
