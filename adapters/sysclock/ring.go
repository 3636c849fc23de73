package sysclock

// ring is a first-in, first-out queue in one slice that grows by doubling and is never moved while it has room. Its
// zero value is empty.
type ring struct {
	slots []any
	head  int
	count int
}

func (r *ring) push(value any) {
	if r.count == len(r.slots) {
		r.grow()
	}
	r.slots[(r.head+r.count)&(len(r.slots)-1)] = value
	r.count++
}

func (r *ring) pop() (any, bool) {
	if r.count == 0 {
		return nil, false
	}
	value := r.slots[r.head]
	r.slots[r.head] = nil // or the box would keep the value alive
	r.head = (r.head + 1) & (len(r.slots) - 1)
	r.count--
	return value, true
}

// grow doubles the slots. Their number stays a power of two, which makes the modulo above a mask.
func (r *ring) grow() {
	slots := make([]any, max(8, 2*len(r.slots)))
	n := copy(slots, r.slots[r.head:])
	copy(slots[n:], r.slots[:r.head])
	r.slots, r.head = slots, 0
}
