package catalog

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// DecodeStrict reads one JSON document into the struct that into points to, and accepts nothing that encoding/json
// would let pass: an unknown or duplicate member, a member's name in another case, another type, anything after the
// document, more than 32 levels, invalid UTF-8, control characters other than line breaks and tabs. null leaves a
// member at its zero value. The error is Problems, each with its path; what has no problem has been decoded.
//
// The types that a member may have are struct, pointer, slice, map[string]string, string, int, float64 and bool, and
// what is derived from them; another is a bug of the caller and panics.
func DecodeStrict(data []byte, into any) error {
	root, problem := parseJSON(data)
	if problem != nil {
		return Problems{*problem}
	}
	d := newDecoder()
	d.value(root, reflect.ValueOf(into).Elem())
	return d.problems.Err()
}

// decoder fills a value from a parsed document.
type decoder struct {
	trail    trail
	problems Problems
	// unread is the paths of values that were not of the type wanted.
	unread []string
	fields map[reflect.Type][]string
}

func newDecoder() *decoder { return &decoder{fields: map[reflect.Type][]string{}} }

func (d *decoder) add(format string, args ...any) {
	d.problems = append(d.problems, problem(d.trail.path(), format, args...))
}

// reject is add for a value that could not be read.
func (d *decoder) reject(format string, args ...any) {
	d.add(format, args...)
	d.unread = append(d.unread, d.trail.path())
}

// is reports whether the node has the kind that is wanted.
func (d *decoder) is(n node, want kind) bool {
	if n.kind == want {
		return true
	}
	hint := ""
	if want == isString && (n.kind == isNumber || n.kind == isBool) {
		hint = "; put it in quotes"
	}
	d.reject("expected %s, found %s%s", want, n.kind, hint)
	return false
}

func (d *decoder) value(n node, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem())
	case reflect.Struct:
		d.object(n, v)
	case reflect.Map:
		d.texts(n, v)
	case reflect.Slice:
		d.list(n, v)
	case reflect.String:
		if d.is(n, isString) {
			v.SetString(d.text(n.text))
		}
	case reflect.Bool:
		if d.is(n, isBool) {
			v.SetBool(n.text == "true")
		}
	case reflect.Int:
		d.integer(n, v)
	case reflect.Float64:
		d.float(n, v)
	default:
		panic("catalog: DecodeStrict cannot fill a " + v.Type().String())
	}
}

// text checks the characters of a text.
func (d *decoder) text(s string) string {
	if bad := BadText(s); bad != "" {
		d.reject("%s", bad)
		return ""
	}
	return s
}

func (d *decoder) integer(n node, v reflect.Value) {
	if !d.is(n, isNumber) {
		return
	}
	i, err := strconv.ParseInt(n.text, 10, strconv.IntSize)
	if err != nil {
		d.reject("%s is no whole number of a usable size", shown(n.text))
		return
	}
	v.SetInt(i)
}

func (d *decoder) float(n node, v reflect.Value) {
	if !d.is(n, isNumber) {
		return
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil {
		d.reject("%s is no number of a usable size", shown(n.text))
		return
	}
	v.SetFloat(f)
}

func (d *decoder) list(n node, v reflect.Value) {
	if !d.is(n, isArray) {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		d.enter(step{index: i, element: true}, func() { d.value(item, v.Index(i)) })
	}
}

// texts fills a map[string]string.
func (d *decoder) texts(n node, v reflect.Value) {
	if !d.is(n, isObject) {
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.items)))
	d.members(n, func(name string, item node) {
		if item.kind != isNull && d.is(item, isString) {
			v.SetMapIndex(reflect.ValueOf(d.text(name)), reflect.ValueOf(d.text(item.text)))
		}
	})
}

func (d *decoder) object(n node, v reflect.Value) {
	if !d.is(n, isObject) {
		return
	}
	fields := d.fieldsOf(v.Type())
	d.members(n, func(name string, item node) {
		switch field := slices.Index(fields, name); {
		case field < 0:
			d.add("unknown member%s", memberHint(name, fields))
		case item.kind != isNull:
			d.value(item, v.Field(field))
		}
	})
}

// members calls fn for each member of an object with the trail at it, and refuses a name that has occurred.
func (d *decoder) members(n node, fn func(name string, item node)) {
	seen := make(map[string]bool, len(n.items))
	for i, item := range n.items {
		name := n.names[i]
		d.enter(step{name: name}, func() {
			if seen[name] {
				d.add("this member is there twice; remove one")
				return
			}
			seen[name] = true
			fn(name, item)
		})
	}
}

func (d *decoder) enter(s step, fn func()) {
	d.trail = append(d.trail, s)
	fn()
	d.trail = d.trail[:len(d.trail)-1]
}

// fieldsOf lists the JSON names of a struct's fields, by field index.
func (d *decoder) fieldsOf(t reflect.Type) []string {
	names, known := d.fields[t]
	if !known {
		for i := range t.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
		d.fields[t] = names
	}
	return names
}

// memberHint names the member that is likely meant, or those that there are.
func memberHint(name string, fields []string) string {
	plain := func(s string) string {
		return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
	}
	for _, field := range fields {
		if plain(field) == plain(name) {
			return "; write " + field
		}
	}
	if len(fields) > 12 {
		return "; remove it or correct its name"
	}
	return "; there are " + strings.Join(fields, ", ")
}
