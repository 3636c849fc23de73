package cases

// forEntered is called with 3: body entered; the if in it both ways.
func forEntered(n int) (sum int) {
	for i := 0; i < n; i++ {
		if i == 1 {
			continue
		}
		sum += i
	}
	return sum
}

// forNever is called with 0: body missed.
func forNever(n int) (sum int) {
	for i := range n {
		sum += i
	}
	return sum
}

// rangeEntered is called with two words, the second is "stop": the if both ways.
func rangeEntered(words []string) int {
outer:
	for i, word := range words {
		switch word {
		case "stop":
			break outer
		}
		_ = i
	}
	return len(words)
}

// endless is called with 2: a loop without a condition.
func endless(n int) int {
	for {
		n--
		if n == 0 {
			return n
		}
	}
}

// again is called with 3: goto re-enters the if.
func again(n int) int {
loop:
	n--
	if n > 0 {
		goto loop
	}
	return n
}

// rangeFunc is called with a sequence of one: the body is a function to the compiler, a block to the counter.
func rangeFunc(seq func(func(int) bool)) (sum int) {
	for n := range seq {
		sum += n
	}
	return sum
}
