package catalogfile

import (
	"encoding/json"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// plainNumber is the numbers that YAML and JSON read alike. Others mean different things to different YAML readers: 010 is
// 8 or 10, 12_000 a number or a text.
var plainNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

// scalar writes a YAML scalar as what it is without knowledge of where it stands: a number stays a number, so that
// core/catalog can say that a text was wanted.
func (c *converter) scalar(place, n *yaml.Node, path string) {
	switch tag := n.ShortTag(); tag {
	case "!!str", "!!timestamp":
		c.text(n.Value)
	case "!!null":
		c.out.WriteString("null")
	case "!!bool":
		c.boolean(place, n, path)
	case "!!int", "!!float":
		if !plainNumber.MatchString(n.Value) {
			c.reject(place, path, "%s is read as a number; if it is a text, put it in quotes: %q; if it is a number, write plain digits",
				shown(n.Value), cut(n.Value))
			return
		}
		c.out.WriteString(n.Value)
	case "!!merge":
		c.text(n.Value)
	default:
		c.reject(place, path, "the tag %s is not supported; remove it", tag)
	}
}

func (c *converter) boolean(place, n *yaml.Node, path string) {
	switch word := strings.ToLower(n.Value); word {
	case "true", "false":
		c.out.WriteString(word)
	default:
		c.reject(place, path, "%s is neither true nor false; write one of the two", shown(n.Value))
	}
}

func (c *converter) text(s string) {
	// A text always encodes.
	encoded, _ := json.Marshal(s)
	c.out.Write(encoded)
}

// shown is a value as a message shows it.
func shown(value string) string { return oneLine(cut(value)) }

// cut shortens a value so that a message stays one short line.
func cut(value string) string {
	const most = 60
	if runes := []rune(value); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return value
}
