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

// rate is what one token costs.
type rate struct {
	input, output PicoUSD
}

// perMTok is US dollars per million tokens, in hundredths.
func perMTok(input, output int64) rate {
	const centPerMTok = 10_000 // one cent per million tokens, in pico-dollars per token
	return rate{PicoUSD(input * centPerMTok), PicoUSD(output * centPerMTok)}
}

// price is what a model costs: the whole request at the high rate once its prompt is longer than step tokens.
type price struct {
	base, high rate
	step       int64
}

// cost is the price of a request; geo is its inference_geo, of which "us" costs a tenth more.
func (p price) cost(input, output int64, geo string) PicoUSD {
	r := p.base
	if p.step > 0 && input > p.step {
		r = p.high
	}
	amount := r.input*PicoUSD(input) + r.output*PicoUSD(output)
	if geo == geoUS {
		amount = amount / 10 * 11
	}
	return amount
}
