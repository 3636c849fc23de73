package catalogfile

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	escapePointer   = strings.NewReplacer("~", "~0", "/", "~1")
	unescapePointer = strings.NewReplacer("~1", "/", "~0", "~")
)

// locate follows a JSON pointer as far as the document goes. It returns the node to point a person at (a member's name,
// an element, else what should hold the missing value) and the value itself, nil when it is missing.
func locate(root *yaml.Node, pointer string) (place, value *yaml.Node) {
	place, value = root, root
	for token := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" || value == nil {
			break
		}
		at, next := member(resolved(value), unescapePointer.Replace(token))
		if next == nil {
			return place, nil
		}
		place, value = at, next
	}
	return place, value
}

// member is one step of a pointer. Of a name that occurs twice it is the last.
func member(n *yaml.Node, token string) (place, value *yaml.Node) {
	switch n.Kind {
	case yaml.MappingNode:
		for i := len(n.Content) - 2; i >= 0; i -= 2 {
			if key := n.Content[i]; resolved(key).Value == token {
				return key, n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(token); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], n.Content[i]
		}
	}
	return nil, nil
}
