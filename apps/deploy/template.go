package deploy

import (
	_ "embed" // the template
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed template.yaml
var embedded []byte

// Template is a parsed CloudFormation template. Intrinsic functions have their long form: {"Fn::GetAtt": ["Queue", "Arn"]}.
type Template struct {
	root map[string]any
}

// Embedded is the template that this program was built with. It panics when that is broken, which a test rules out.
func Embedded() *Template {
	t, err := Parse(embedded)
	if err != nil {
		panic("deploy: the template is broken: " + err.Error())
	}
	return t
}

// Parse reads a template in YAML.
func Parse(data []byte) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("deploy: the template is no YAML: %w", err)
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("deploy: the template is empty")
	}
	parsed, err := plain(document.Content[0])
	if err != nil {
		return nil, err
	}
	root, ok := parsed.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("deploy: the template is no map")
	}
	return &Template{root: root}, nil
}

// JSON is the template in the form that every tool reads alike, long forms only.
func (t *Template) JSON() ([]byte, error) { return json.MarshalIndent(t.root, "", "  ") }

// Body is the template as maps, lists and scalars, for whoever changes a copy of it.
func (t *Template) Body() map[string]any { return t.root }

// plain turns a node into maps, lists and scalars, and short forms of functions into long ones.
func plain(n *yaml.Node) (any, error) {
	value, err := untagged(n)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return value, err
	}
	name := strings.TrimPrefix(n.Tag, "!")
	switch name {
	case "Ref", "Condition":
		return map[string]any{name: value}, nil
	case "GetAtt":
		resource, attribute, _ := strings.Cut(fmt.Sprint(value), ".")
		return map[string]any{"Fn::GetAtt": []any{resource, attribute}}, nil
	}
	return map[string]any{"Fn::" + name: value}, nil
}

func untagged(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return mapping(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, child := range n.Content {
			value, err := plain(child)
			if err != nil {
				return nil, err
			}
			list[i] = value
		}
		return list, nil
	case yaml.ScalarNode:
		return scalar(n)
	}
	return nil, fmt.Errorf("deploy: line %d: CloudFormation knows no anchors", n.Line)
}

func mapping(n *yaml.Node) (any, error) {
	m := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		key := n.Content[i].Value
		if _, twice := m[key]; twice {
			return nil, fmt.Errorf("deploy: line %d: %s is there twice", n.Content[i].Line, key)
		}
		value, err := plain(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		m[key] = value
	}
	return m, nil
}

func scalar(n *yaml.Node) (any, error) {
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") {
		return n.Value, nil
	}
	var value any
	if err := n.Decode(&value); err != nil {
		return nil, fmt.Errorf("deploy: line %d: %w", n.Line, err)
	}
	return value, nil
}
