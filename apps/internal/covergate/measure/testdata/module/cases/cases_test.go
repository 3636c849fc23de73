package cases

import "testing"

func TestCases(t *testing.T) {
	ifTaken(true)
	ifBoth(true)
	ifBoth(false)
	ifElse(false)
	ifEmpty(true)
	elseIf(2)
	elseIfElse(1)
	elseIfElse(3)
	nested(true, false)
	second(false, true)
	withInit("x")
	empty()

	switchDefault(1)
	switchOpen(1)
	switchOpen(9)
	switchMatched(1)
	switchTrue(5)
	fall(1)
	fallOpen(2)
	fallOpen(3)
	noCases(1)
	typeSwitch(1)
	typeDefault(true)
	filled, none := make(chan int, 2), make(chan int)
	filled <- 1
	filled <- 1
	receive(filled)
	either(none, filled)

	forEntered(3)
	forNever(0)
	rangeEntered([]string{"go", "stop"})
	endless(2)
	again(3)
	rangeFunc(func(yield func(int) bool) { yield(1) })

	closure(true)
	unused()
	if deferred(true) == nil {
		t.Fatal("not recovered")
	}
	table["odd"](1)
	box[int]{}.get()
	blocks()
}
