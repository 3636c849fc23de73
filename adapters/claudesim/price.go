package claudesim

import (
	"errors"
	"fmt"
	"strings"
)

// PicoUSD is an amount of money: 1 US dollar is 10^12.
type PicoUSD int64

const oneUSD PicoUSD = 1_000_000_000_000

// String writes US dollars with exactly 12 decimals.
func (p PicoUSD) String() string {
	sign := ""
	if p < 0 {
		sign, p = "-", -p
	}
	return fmt.Sprintf("%s%d.%012d", sign, p/oneUSD, p%oneUSD)
}

const (
	decimalsUSD = 12
	// wholeDigits keeps every accepted amount inside an int64: below 9.2 million dollars.
	wholeDigits = 6
)

// ParseUSD reads a positive amount of US dollars such as 12.50, with at most 12 decimals and below 1,000,000.
func ParseUSD(text string) (PicoUSD, error) {
	whole, fraction, _ := strings.Cut(text, ".")
	digits := whole + fraction
	if whole == "" || strings.HasSuffix(text, ".") || strings.Trim(digits, "0123456789") != "" ||
		len(strings.TrimLeft(whole, "0")) > wholeDigits || len(fraction) > decimalsUSD {
		return 0, errors.New("give US dollars such as 12.50, below 1000000, with at most 12 decimals")
	}
	var amount PicoUSD
	for _, digit := range digits + strings.Repeat("0", decimalsUSD-len(fraction)) {
		amount = amount*10 + PicoUSD(digit-'0')
	}
	if amount == 0 {
		return 0, errors.New("give an amount above 0")
	}
	return amount, nil
}

// tokens are what one request is billed for: its prompt in the parts that cost differently, and its output.
type tokens struct {
	// input is the part of the prompt that was neither written to the cache nor read from it.
	input, write5m, write1h, read int64
	output                        int64
}

// fresh is the part of the prompt that counts against the input limit: cache reads do not.
func (t tokens) fresh() int64 { return t.input + t.write5m + t.write1h }

func (t tokens) prompt() int64 { return t.input + t.write5m + t.write1h + t.read }

// rate is what one token costs.
type rate struct {
	input, write5m, write1h, read, output PicoUSD
}

// perMTok is US dollars per million tokens, in hundredths. Writing to the cache costs 1.25 times as much as
// input when it is kept for five minutes, twice as much when it is kept for an hour.
func perMTok(input, output, read int64) rate {
	const centPerMTok = 10_000 // one cent per million tokens, in pico-dollars per token
	base := PicoUSD(input * centPerMTok)
	return rate{
		input: base, write5m: base * 5 / 4, write1h: base * 2, read: PicoUSD(read * centPerMTok),
		output: PicoUSD(output * centPerMTok),
	}
}

// price is what a model costs: the whole request at the high rate once its prompt is longer than step tokens.
type price struct {
	base, high rate
	step       int64
}

// cost is the price of a request. In a batch it is half of it; inference_geo "us" costs a tenth more. All rates
// are multiples of 20 pico-dollars, so that nothing is rounded.
func (p price) cost(t tokens, batch bool, geo string) PicoUSD {
	r := p.base
	if p.step > 0 && t.prompt() > p.step {
		r = p.high
	}
	amount := r.input*PicoUSD(t.input) + r.write5m*PicoUSD(t.write5m) + r.write1h*PicoUSD(t.write1h) +
		r.read*PicoUSD(t.read) + r.output*PicoUSD(t.output)
	if batch {
		amount /= 2
	}
	if geo == geoUS {
		amount = amount / 10 * 11
	}
	return amount
}
