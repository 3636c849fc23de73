package catalog

import (
	"strconv"
	"strings"
)

// step is one step into a document: to a member by its name, or to an element by its index.
type step struct {
	name    string
	index   int
	element bool
}

// trail is the way to a value. Its path is made when it is needed, which is seldom.
type trail []step

var escapePointer = strings.NewReplacer("~", "~0", "/", "~1")

// path is the trail as a JSON pointer.
func (t trail) path() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteByte('/')
		if s.element {
			b.WriteString(strconv.Itoa(s.index))
			continue
		}
		b.WriteString(escapePointer.Replace(s.name))
	}
	return b.String()
}

// at is the pointer of an element below path.
func at(path string, index int) string { return path + "/" + strconv.Itoa(index) }

// under is the pointer of a member below path whose name comes from outside.
func under(path, name string) string { return path + "/" + escapePointer.Replace(name) }
