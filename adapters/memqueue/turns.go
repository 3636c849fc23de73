package memqueue

// turns holds the visible items by group and takes one from each group in turn. Within a group the order is that of
// becoming visible.
type turns struct {
	groups map[string]*line
	// ring is the groups that have items, in the order of their turns, from head on.
	ring []*line
	head int
	size int
}

// line is the items of one group, from head on.
type line struct {
	group string
	items []*item
	head  int
}

func newTurns() turns { return turns{groups: map[string]*line{}} }

func (t *turns) push(it *item) {
	l, ok := t.groups[it.message.Group]
	if !ok {
		l = &line{group: it.message.Group}
		t.groups[l.group] = l
		t.ring = append(t.ring, l)
	}
	l.items = append(l.items, it)
	t.size++
}

// pop removes the first item of the group whose turn it is; there must be one. The group goes to the end of the ring,
// or away with its last item.
func (t *turns) pop() *item {
	l := t.ring[t.head]
	t.ring[t.head] = nil
	t.head++
	it := l.pop()
	t.size--
	if l.head == len(l.items) {
		delete(t.groups, l.group)
	} else {
		t.ring = append(t.ring, l)
	}
	t.ring, t.head = compact(t.ring, t.head)
	return it
}

func (l *line) pop() *item {
	it := l.items[l.head]
	l.items[l.head] = nil
	l.head++
	l.items, l.head = compact(l.items, l.head)
	return it
}

// compact moves the rest of a slice to its front once more than half of it, and enough to be worth it, is used up. Each
// element is moved at most once per element taken.
func compact[T any](s []T, head int) ([]T, int) {
	const worth = 32
	if head < worth || head*2 < len(s) {
		return s, head
	}
	n := copy(s, s[head:])
	clear(s[n:])
	return s[:n], 0
}
