// Package cases holds functions whose coverage was counted by hand. cases_test.go runs each in one fixed way.
package cases

// ifTaken is called with true: 4 statements; outcomes: taken, passed by (missed).
func ifTaken(b bool) int {
	n := 1
	if b {
		n = 2
	}
	return n
}

// ifBoth is called with true and false: both outcomes.
func ifBoth(b bool) int {
	n := 1
	if b {
		n = 2
	}
	return n
}

// ifElse is called with false: 2 of 3 statements; outcomes: then (missed), else.
func ifElse(b bool) int {
	if b {
		return 1
	} else {
		return 2
	}
}

// ifEmpty is called with true: empty blocks have outcomes and no statements.
func ifEmpty(b bool) {
	if b {
	} else {
	}
}

// elseIf is called with 2: the first is not taken, the second is, its missing else is missed.
// Statements: if, return 1 (missed), else if, return 2, return 3 (missed).
func elseIf(n int) int {
	if n == 1 {
		return 1
	} else if n == 2 {
		return 2
	}
	return 3
}

// elseIfElse is called with 1 and 3: outcomes: first taken, first passed by, second (missed), last else.
func elseIfElse(n int) int {
	if n == 1 {
		return 1
	} else if n == 2 {
		return 2
	} else {
		return 3
	}
}

// nested is called with true, false: outer taken, outer passed by (missed), inner (missed), inner passed by.
func nested(outer, inner bool) int {
	if outer {
		if inner {
			return 2
		}
	}
	return 1
}

// second is called with false, true: each if is reached once; the second begins a block of its own.
func second(a, b bool) (n int) {
	if a {
		n++
	}
	if b {
		n += 2
	}
	return n
}

// withInit is called with "x": the literal in the condition's init has a block of its own.
func withInit(s string) bool {
	if f := func() string { return s }; f() == "x" {
		return true
	}
	return false
}

// never is not called: nothing runs.
func never(b bool) int {
	if b {
		return 1
	}
	return 2
}

func empty() {}

func emptyNever() {}
