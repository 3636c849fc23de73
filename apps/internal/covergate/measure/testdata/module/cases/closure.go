package cases

import "errors"

// closure is called with true: what the literal holds belongs to the function around it.
func closure(b bool) int {
	f := func(b bool) int {
		if b {
			return 1
		}
		return 2
	}
	return f(b)
}

// unused is called: the literal inside never runs, yet it is no function of its own.
func unused() func() int {
	return func() int {
		return 1
	}
}

// deferred is called with true: the recover is reached because of the panic.
func deferred(b bool) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("recovered")
		}
	}()
	if b {
		panic("asked for")
	}
	return nil
}

// table is a literal outside of any function: a function of its own. It is called with 1.
var table = map[string]func(int) int{
	"same": func(n int) int { return n },
	"odd": func(n int) int {
		if n%2 == 1 {
			return n
		}
		return n + 1
	},
}

type box[T any] struct{ value T }

// get is called.
func (b box[T]) get() T { return b.value }

// set is not called.
func (b *box[T]) set(v T) { b.value = v }

type marker struct{}

// mark is not called and has no statement.
func (*marker) mark() {}

// _ cannot be called.
func _() int {
	return 1
}

// blocks is called: braces alone decide nothing.
func blocks() (n int) {
	n = 1
	{
		n = 2
	}
	return n
}
