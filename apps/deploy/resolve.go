package deploy

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// Stack is the template with its parameters filled in. What is only known once it is deployed stays a reference in text:
// ${Table}, ${Parcels.Arn}, ${AWS::Region}.
type Stack struct {
	// Resources are by their logical ids, without those whose condition does not hold.
	Resources map[string]Resource
	// Outputs are the values of the outputs, by their names.
	Outputs map[string]string
}

// Resource is one resource.
type Resource struct {
	// Type is such as AWS::SQS::Queue; Deletion what becomes of it with the stack: its DeletionPolicy; Replacement what becomes
	// of it when another takes its place: its UpdateReplacePolicy.
	Type, Deletion, Replacement string
	// Properties are resolved: scalars, lists and maps.
	Properties map[string]any
}

// Resolve fills in parameters. The error has a line for each parameter that is missing, unknown or not allowed, else the
// first function or name that is not known.
func (t *Template) Resolve(parameters map[string]string) (*Stack, error) {
	values, err := t.parameters(parameters)
	if err != nil {
		return nil, err
	}
	r := &resolver{values: values, mappings: section(t.root, "Mappings"), conditions: section(t.root, "Conditions"), resources: section(t.root, "Resources")}
	s := &Stack{Resources: map[string]Resource{}, Outputs: map[string]string{}}
	for name := range r.resources {
		body := section(r.resources, name)
		if under, some := body["Condition"]; some && !r.holds(map[string]any{"Condition": under}) {
			continue
		}
		kind, _ := body["Type"].(string)
		deletion, _ := body["DeletionPolicy"].(string)
		replacement, _ := body["UpdateReplacePolicy"].(string)
		properties, _ := r.resolve(body["Properties"]).(map[string]any)
		s.Resources[name] = Resource{Type: kind, Deletion: deletion, Replacement: replacement, Properties: properties}
	}
	outputs, _ := r.resolve(section(t.root, "Outputs")).(map[string]any)
	for name := range outputs {
		s.Outputs[name] = fmt.Sprint(section(outputs, name)["Value"])
	}
	return s, r.err
}

type resolver struct {
	values                          map[string]string
	mappings, conditions, resources map[string]any
	// err is the first that was met.
	err error
}

func (r *resolver) fail(format string, args ...any) any {
	if r.err == nil {
		r.err = fmt.Errorf("deploy: "+format, args...)
	}
	return nil
}

// noValue is what CloudFormation leaves out of the list or map that it stands in.
const noValue = "${AWS::NoValue}"

func (r *resolver) resolve(value any) any {
	switch v := value.(type) {
	case []any:
		list := make([]any, 0, len(v))
		for i := range v {
			if item := r.resolve(v[i]); item != noValue {
				list = append(list, item)
			}
		}
		return list
	case map[string]any:
		if name, argument, is := function(v); is {
			return r.call(name, argument)
		}
		m := make(map[string]any, len(v))
		for key := range v {
			if item := r.resolve(v[key]); item != noValue {
				m[key] = item
			}
		}
		return m
	}
	return value
}

// function tells whether a map is the call of one.
func function(m map[string]any) (name string, argument any, is bool) {
	if len(m) != 1 {
		return "", nil, false
	}
	for name, argument = range m {
		is = name == "Ref" || strings.HasPrefix(name, "Fn::")
	}
	return name, argument, is
}

func (r *resolver) call(name string, argument any) any {
	if name == "Ref" {
		return r.reference(fmt.Sprint(argument))
	}
	if name == "Fn::Sub" {
		return r.substitute(argument)
	}
	args, _ := argument.([]any)
	switch {
	case name == "Fn::GetAtt" && len(args) == 2:
		return r.reference(fmt.Sprint(args[0]) + "." + fmt.Sprint(args[1]))
	case name == "Fn::FindInMap" && len(args) == 3:
		return r.find(fmt.Sprint(r.resolve(args[0])), fmt.Sprint(r.resolve(args[1])), fmt.Sprint(r.resolve(args[2])))
	case name == "Fn::If" && len(args) == 3:
		if r.holds(map[string]any{"Condition": args[0]}) {
			return r.resolve(args[1])
		}
		return r.resolve(args[2])
	}
	return r.fail("%s(%v) is not known here", name, argument)
}

// reference is a parameter's value, or a resource or an attribute of one, as text.
func (r *resolver) reference(name string) any {
	if value, is := r.values[name]; is {
		return value
	}
	resource, _, _ := strings.Cut(name, ".")
	if _, is := r.resources[resource]; !is && !strings.HasPrefix(name, "AWS::") {
		return r.fail("%s is neither a parameter nor a resource", name)
	}
	return "${" + name + "}"
}

// placeholder is ${Name} in the text of a Sub.
var placeholder = regexp.MustCompile(`\$\{([^}]+)\}`)

func (r *resolver) substitute(argument any) any {
	text, is := argument.(string)
	if !is {
		return r.fail("Fn::Sub(%v) is not known here", argument)
	}
	return placeholder.ReplaceAllStringFunc(text, func(found string) string {
		return fmt.Sprint(r.reference(found[2 : len(found)-1]))
	})
}

func (r *resolver) find(mapping, row, column string) any {
	value, is := section(section(r.mappings, mapping), row)[column]
	if !is {
		return r.fail("mapping %s has no %s of %s", mapping, column, row)
	}
	return value
}

// holds works a condition out.
func (r *resolver) holds(condition any) bool {
	m, _ := condition.(map[string]any)
	for name, argument := range m {
		args, _ := argument.([]any)
		switch {
		case name == "Condition" && r.conditions[fmt.Sprint(argument)] != nil:
			return r.holds(r.conditions[fmt.Sprint(argument)])
		case name == "Fn::Not" && len(args) == 1:
			return !r.holds(args[0])
		case name == "Fn::Equals" && len(args) == 2:
			return reflect.DeepEqual(r.resolve(args[0]), r.resolve(args[1]))
		}
	}
	r.fail("condition %v is not known here", condition)
	return false
}
