package settings

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// config is a pointer to one of the structs.
type config[T any] interface {
	*T
	complete()
	Validate() error
}

// Load reads the settings of one function from its environment, lines of NAME=value as os.Environ gives them, fills in the
// defaults and checks the result. A variable that is set to nothing counts as not set. The error has one line for each
// problem, each saying what to do.
//
//	w, err := settings.Load[settings.Worker](os.Environ())
func Load[T any, P config[T]](environ []string) (T, error) {
	return FromMap[T, P](env.ToMap(environ))
}

// FromMap is Load from a map of names to values.
func FromMap[T any, P config[T]](variables map[string]string) (T, error) {
	set := maps.Clone(variables)
	maps.DeleteFunc(set, func(_, value string) bool { return value == "" })
	if set == nil {
		set = map[string]string{} // nil would make the parser read the process's own environment
	}
	var parsed T
	if err := env.ParseWithOptions(&parsed, env.Options{Environment: set}); err != nil {
		return parsed, explain(err, Variables[T](), set)
	}
	P(&parsed).complete()
	return parsed, P(&parsed).Validate()
}

// Variable is one setting of a struct.
type Variable struct {
	// Name is that of the environment variable, Field that of the struct's field.
	Name, Field string
	// Type is the field's.
	Type reflect.Type
	// Default is the value when it is not set; Required means that it must be.
	Default  string
	Required bool
}

// Variables lists the settings of a struct in the order of its fields, embedded ones first.
func Variables[T any]() []Variable { return variables(reflect.TypeFor[T]()) }

func variables(of reflect.Type) []Variable {
	var list []Variable
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Anonymous {
			list = append(list, variables(f.Type)...)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("env"), ",")
		list = append(list, Variable{Name: name, Field: f.Name, Type: f.Type, Default: f.Tag.Get("envDefault"), Required: options == "required"})
	}
	return list
}

// explain turns the parser's errors into lines that name variables and say what to do.
func explain(err error, known []Variable, set map[string]string) error {
	var all env.AggregateError
	if !errors.As(err, &all) {
		return err
	}
	lines := make([]error, len(all.Errors))
	for i, err := range all.Errors {
		lines[i] = explainOne(err, known, set)
	}
	return errors.Join(lines...)
}

func explainOne(err error, known []Variable, set map[string]string) error {
	var missing env.VarIsNotSetError
	if errors.As(err, &missing) {
		return fmt.Errorf("%s is not set: the deployment template sets it, see docs/settings.md", missing.Key)
	}
	var parse env.ParseError
	if errors.As(err, &parse) {
		for _, v := range known {
			if v.Field == parse.Name {
				return fmt.Errorf("%s %s is no %s", v.Name, Shown(set[v.Name]), sort(v.Type))
			}
		}
	}
	return err
}

// sort says what a setting of a type is.
func sort(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "duration: give a number with its unit, such as 90s or 5m"
	case t.Kind() == reflect.Bool:
		return "truth value: give true or false"
	}
	return "whole number: give digits alone, such as 50"
}
