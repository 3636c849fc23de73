package cost

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// Pico is an amount of money in pico-dollars: 1 USD = 10^12. Every published price per token is a whole number of
// them, also at half price, so that no sum ever needs rounding. The largest amount is 9,223,372.036854775807 USD.
type Pico int64

// Dollar is one USD.
const Dollar = Pico(1_000_000_000_000)

// decimals is how many digits after the point one pico-dollar takes.
const decimals = 12

// ParseUSD reads an amount in dollars as people write it: digits, and after a point 1 to 12 more, for example "12" or
// "0.5". Signs, exponents, NaN, infinities, spaces and any other form are fault.Invalid, an amount above the largest
// Pico is fault.Overflow.
func ParseUSD(s string) (Pico, error) {
	magnitude, err := parseMagnitude(s)
	if err != nil {
		return 0, err
	}
	if magnitude > math.MaxInt64 {
		return 0, tooLarge(s)
	}
	return Pico(magnitude), nil
}

// String is the amount in dollars with all 12 decimals, for example "1.234567890123" or "-0.500000000000".
func (p Pico) String() string {
	sign, magnitude := "", uint64(p)
	if p < 0 {
		sign, magnitude = "-", -magnitude
	}
	return fmt.Sprintf("%s%d.%012d", sign, magnitude/uint64(Dollar), magnitude%uint64(Dollar))
}

// Plus is p + q, or fault.Overflow.
func (p Pico) Plus(q Pico) (Pico, error) {
	sum := p + q
	if (sum > p) != (q > 0) && q != 0 {
		return 0, fault.New(fault.Overflow, "cost: %s + %s USD exceeds the largest amount", p, q)
	}
	return sum, nil
}

// Minus is p - q, or fault.Overflow.
func (p Pico) Minus(q Pico) (Pico, error) {
	difference := p - q
	if (difference < p) != (q > 0) && q != 0 {
		return 0, fault.New(fault.Overflow, "cost: %s - %s USD exceeds the largest amount", p, q)
	}
	return difference, nil
}

// Times is p * n, or fault.Overflow.
func (p Pico) Times(n int64) (Pico, error) {
	negative := (p < 0) != (n < 0)
	high, low := bits.Mul64(magnitudeOf(int64(p)), magnitudeOf(n))
	limit := uint64(math.MaxInt64)
	if negative {
		limit++
	}
	if high != 0 || low > limit {
		return 0, fault.New(fault.Overflow, "cost: %s USD * %d exceeds the largest amount", p, n)
	}
	if negative {
		low = -low
	}
	return Pico(low), nil
}

// MarshalText is String as bytes, so that JSON carries amounts as exact decimal strings.
func (p Pico) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes. It takes the forms of ParseUSD and, because stored differences may be
// negative, a leading minus. Anything else is fault.Invalid or fault.Overflow and leaves p as it was.
func (p *Pico) UnmarshalText(text []byte) error {
	unsigned, negative := strings.CutPrefix(string(text), "-")
	magnitude, err := parseMagnitude(unsigned)
	if err != nil {
		return err
	}
	switch {
	case magnitude <= math.MaxInt64 && !negative:
		*p = Pico(magnitude)
	case magnitude <= math.MaxInt64+1 && negative:
		*p = Pico(-magnitude)
	default:
		return tooLarge(string(text))
	}
	return nil
}

// parseMagnitude reads an unsigned decimal number with at most 12 decimals as pico-dollars.
func parseMagnitude(s string) (uint64, error) {
	whole, fraction, point := strings.Cut(s, ".")
	if !allDigits(whole) || (point && !allDigits(fraction)) || len(fraction) > decimals {
		return 0, fault.New(fault.Invalid,
			"cost: %s is not an amount in dollars: write digits and at most %d decimals, for example 12 or 0.5", quote(s), decimals)
	}
	digits := whole + fraction + strings.Repeat("0", decimals-len(fraction))
	magnitude, err := strconv.ParseUint(digits, 10, 64)
	if err != nil { // only the range is left to be wrong
		return 0, tooLarge(s)
	}
	return magnitude, nil
}

func tooLarge(s string) error {
	return fault.New(fault.Overflow, "cost: %s dollars is too much: the largest amount is %s", quote(s), Pico(math.MaxInt64))
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func magnitudeOf(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

// quote shows a text of the outside in a message: escaped, and cut so that a message stays one line.
func quote(s string) string {
	const longest = 60
	if len(s) > longest {
		return strconv.Quote(s[:longest]) + "..."
	}
	return strconv.Quote(s)
}
