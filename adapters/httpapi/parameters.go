package httpapi

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/pages"
)

// either is a parameter of true or false that may be left out, which asks for both.
type either struct{ Is, Given bool }

// Schema implements huma.SchemaProvider.
func (either) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeBoolean} }

// Receiver implements huma.ParamWrapper.
func (e *either) Receiver() reflect.Value { return reflect.ValueOf(&e.Is).Elem() }

// OnParamSet implements huma.ParamReactor.
func (e *either) OnParamSet(given bool, _ any) { e.Given = given }

// ptr is nil where it was left out.
func (e *either) ptr() *bool {
	if !e.Given {
		return nil
	}
	return &e.Is
}

// qualityFlag is one of those that pages may have.
type qualityFlag string

// Schema implements huma.SchemaProvider.
func (qualityFlag) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Enum: anyOf(pages.Flags()), Description: "a quality flag"}
	s.PrecomputeMessages()
	return s
}
