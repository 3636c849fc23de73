package backoffice

import "encoding/json"

// Patch is one member of a merge patch: absent keeps, null clears, a value replaces.
type Patch[T any] struct {
	// Set is false for a member that is absent.
	Set bool
	// Value is what to put there; nil, when Set, clears.
	Value *T
}

// To is the patch that puts the value.
func To[T any](v T) Patch[T] { return Patch[T]{Set: true, Value: &v} }

// Null is the patch that clears.
func Null[T any]() Patch[T] { return Patch[T]{Set: true} }

// UnmarshalJSON reads the member's value; it is not called for an absent one.
func (p *Patch[T]) UnmarshalJSON(data []byte) error {
	p.Set, p.Value = true, nil
	return json.Unmarshal(data, &p.Value)
}

// to applies the patch to a value whose zero stands for nothing.
func (p Patch[T]) to(v *T) {
	if !p.Set {
		return
	}
	var zero T
	if *v = zero; p.Value != nil {
		*v = *p.Value
	}
}

// optional applies the patch to a value that is nil when there is none.
func (p Patch[T]) optional(v **T) {
	if p.Set {
		*v = p.Value
	}
}
