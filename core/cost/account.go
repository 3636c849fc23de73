package cost

import "github.com/marketbrewer/marketbrewer/core/fault"

// Account is one node of the tree of money: global month, tenant month, job, shard. A child draws a grant from its
// parent and returns what it did not spend. All amounts are zero or more. At every step
//
//	settled + presumed + held + drawn <= granted + overrun
//
// and overrun is zero unless a call cost more than was held for it and nobody had the difference. Every method takes
// the account as a value and gives back the next one; with an error it gives back the same. The methods refuse an
// account that fails Check (fault.Corrupt), negative amounts (fault.Invalid) and sums that do not fit (fault.Overflow).
type Account struct {
	// Granted is what the account may use; for a month its limit.
	Granted Pico `json:"granted"`
	// Drawn is what children hold as their grants.
	Drawn Pico `json:"drawn"`
	// Held is put aside at the worst case for calls that have no result yet.
	Held Pico `json:"held"`
	// Settled is spent for certain: the price of the actual usage.
	Settled Pico `json:"settled"`
	// Presumed counts as spent because the outcome of a call is unknown; an adjust may replace it later.
	Presumed Pico `json:"presumed"`
	// Overrun is what was spent beyond all that was granted. While it is not zero nothing is held; it
	// shrinks only when money is granted for what was spent.
	Overrun Pico `json:"overrun"`
}

// Free is what can still be held, drawn or returned. It is never negative in an account that passes Check.
func (a Account) Free() Pico {
	// Sums that wrap on the way come out right, because the result itself fits.
	return a.Granted + a.Overrun - a.Drawn - a.Held - a.Settled - a.Presumed
}

// Check is fault.Corrupt when an amount is negative or more is committed than granted and overrun.
func (a Account) Check() error {
	if min(a.Granted, a.Drawn, a.Held, a.Settled, a.Presumed, a.Overrun) < 0 {
		return fault.New(fault.Corrupt, "cost: account has a negative amount: %s", a)
	}
	rest, err := a.Granted.Plus(a.Overrun)
	if err != nil {
		return fault.New(fault.Corrupt, "cost: account exceeds the largest amount: %s", a)
	}
	for _, committed := range [...]Pico{a.Drawn, a.Held, a.Settled, a.Presumed} {
		if rest -= committed; rest < 0 {
			return fault.New(fault.Corrupt, "cost: account has committed more than it was granted: %s", a)
		}
	}
	return nil
}

// String lists the amounts in dollars, for messages.
func (a Account) String() string {
	return "granted " + a.Granted.String() + ", drawn " + a.Drawn.String() + ", held " + a.Held.String() +
		", settled " + a.Settled.String() + ", presumed " + a.Presumed.String() + ", overrun " + a.Overrun.String()
}

// Grant gives the account n more to use.
func (a Account) Grant(n Pico) (Account, error) {
	next, err := a.ready("grant", n)
	if err == nil {
		err = next.add(&next.Granted, n)
	}
	return a.then(next, err)
}

// Return takes n back from what the account was granted: at most Free, else fault.Budget.
func (a Account) Return(n Pico) (Account, error) {
	next, err := a.ready("return", n)
	if err == nil && n > min(a.Free(), a.Granted) {
		err = a.short("return", n)
	}
	next.Granted -= n
	return a.then(next, err)
}

// Draw hands n to a child: fault.Budget when less is free.
func (a Account) Draw(n Pico) (Account, error) {
	next, err := a.ready("draw", n)
	if err == nil && n > a.Free() {
		err = a.short("draw", n)
	}
	next.Drawn += n
	return a.then(next, err)
}

// Undraw takes n back from a child: fault.Corrupt when the children do not hold that much.
func (a Account) Undraw(n Pico) (Account, error) {
	next, err := a.ready("undraw", n)
	if err == nil {
		err = next.release(&next.Drawn, n)
	}
	return a.then(next, err)
}

// Hold puts n aside for one call; n is at least 1. It is fault.Budget when n does not fit, or after an overrun.
func (a Account) Hold(n Pico) (Account, error) {
	next, err := a.ready("hold", n)
	switch {
	case err != nil:
	case n == 0:
		err = fault.New(fault.Invalid, "cost: hold of nothing: the worst case of a call is more than zero")
	case a.Overrun > 0:
		err = fault.New(fault.Budget, "cost: hold %s USD: the account is overrun by %s USD", n, a.Overrun)
	case n > a.Free():
		err = a.short("hold", n)
	}
	next.Held += n
	return a.then(next, err)
}

// Settle releases a hold and books what the call did cost. What exceeds the money then free becomes overrun.
// It is fault.Corrupt when less is held.
func (a Account) Settle(hold, actual Pico) (Account, error) {
	next, err := a.ready("settle", min(hold, actual))
	if err == nil {
		err = next.release(&next.Held, hold)
	}
	if err == nil {
		err = next.spend(actual)
	}
	return a.then(next, err)
}

// Void releases a hold of which nothing was billed: fault.Corrupt when less is held.
func (a Account) Void(hold Pico) (Account, error) {
	next, err := a.ready("void", hold)
	if err == nil {
		err = next.release(&next.Held, hold)
	}
	return a.then(next, err)
}

// Presume books a hold as spent because the outcome of its call is unknown: fault.Corrupt when less is held.
func (a Account) Presume(hold Pico) (Account, error) {
	next, err := a.ready("presume", hold)
	if err == nil {
		err = next.release(&next.Held, hold)
	}
	next.Presumed += hold
	return a.then(next, err)
}

// Adjust replaces a presumed amount by the truth that arrived later. What exceeds the money then free becomes overrun.
// It is fault.Corrupt when less is presumed.
func (a Account) Adjust(presumed, actual Pico) (Account, error) {
	next, err := a.ready("adjust", min(presumed, actual))
	if err == nil {
		err = next.release(&next.Presumed, presumed)
	}
	if err == nil {
		err = next.spend(actual)
	}
	return a.then(next, err)
}

// ready begins every method: it checks the account and the smallest of the amounts, and gives a copy to change.
func (a Account) ready(verb string, least Pico) (Account, error) {
	if err := a.Check(); err != nil {
		return a, err
	}
	if least < 0 {
		return a, fault.New(fault.Invalid, "cost: %s of %s USD: the amount must not be negative", verb, least)
	}
	return a, nil
}

// then ends every method: the changed copy counts only without an error.
func (a Account) then(next Account, err error) (Account, error) {
	if err != nil {
		return a, err
	}
	return next, nil
}

// release takes n out of one of a's fields, which must hold it.
func (a *Account) release(field *Pico, n Pico) error {
	if n > *field {
		return fault.New(fault.Corrupt, "cost: release of %s USD where %s is booked: %s", n, *field, a.String())
	}
	*field -= n
	return nil
}

// spend books actual as settled; what is not free becomes overrun.
func (a *Account) spend(actual Pico) error {
	if excess := actual - a.Free(); excess > 0 {
		if err := a.add(&a.Overrun, excess); err != nil {
			return err
		}
	}
	a.Settled += actual // fits, because it is at most granted + overrun
	return nil
}

// add raises Granted or Overrun, whose sum must stay an amount.
func (a *Account) add(field *Pico, n Pico) error {
	if _, err := (a.Granted + a.Overrun).Plus(n); err != nil {
		return err
	}
	*field += n
	return nil
}

func (a Account) short(verb string, n Pico) error {
	return fault.New(fault.Budget, "cost: %s %s USD: only %s is free", verb, n, a.Free())
}
