package cases

// switchDefault is called with 1: outcomes: case 1, case 2 (missed), default (missed).
func switchDefault(n int) string {
	switch n {
	case 1:
		return "one"
	case 2:
		return "two"
	default:
		return "many"
	}
}

// switchOpen is called with 1 and 9: case 1, case 2 (missed), no case.
func switchOpen(n int) string {
	switch n {
	case 1:
		return "one"
	case 2:
		return "two"
	}
	return "none"
}

// switchMatched is called with 1: case 1, no case (missed).
func switchMatched(n int) string {
	s := ""
	switch n {
	case 1:
		s = "one"
	}
	return s
}

// switchTrue is called with 5: no tag, an init, an empty case: first (missed), second, no case (missed).
func switchTrue(n int) int {
	switch m := n * 2; {
	case m > 100:
		return m
	case m > 1:
	}
	return 0
}

// fall is called with 1: case 1 falls into case 2, which was never chosen itself; default is missed.
func fall(n int) (s string) {
	switch n {
	case 1:
		s = "one "
		fallthrough
	case 2:
		s += "two"
	default:
		s = "many"
	}
	return s
}

// fallOpen is called with 2 and 3: case 1 (missed), case 2 chosen, no case.
func fallOpen(n int) (s string) {
	switch n {
	case 1:
		fallthrough
	case 2:
		s = "two"
	}
	return s
}

// noCases is called: a switch without a case decides nothing.
func noCases(n int) {
	switch n {
	}
}

// typeSwitch is called with an int: int, string (missed), no case (missed).
func typeSwitch(v any) string {
	switch v.(type) {
	case int:
		return "int"
	case string:
		return "string"
	}
	return "other"
}

// typeDefault is called with a bool: int or string (missed), default.
func typeDefault(v any) string {
	switch x := v.(type) {
	case int, string:
		_ = x
		return "known"
	default:
		return "other"
	}
}

// receive is called with a filled channel: the receive, the default (missed).
func receive(c chan int) int {
	select {
	case n := <-c:
		return n
	default:
		return -1
	}
}

// either is called with the second ready: first (missed), second; a select has no outcome beside its cases.
func either(a, b chan int) int {
	select {
	case n := <-a:
		return n
	case n := <-b:
		return n
	}
}
