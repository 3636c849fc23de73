package catalog

import (
	"reflect"
	"slices"
	"strings"
)

// DecodeJSON reads a catalog from JSON by the rules of DecodeStrict. Its error is Problems with every one that can be
// found in one reading; the catalog then holds what could be read. Normalise is for the caller to call.
func DecodeJSON(data []byte) (Catalog, error) {
	var c Catalog
	err := DecodeStrict(data, &c)
	return c, err
}

// Check reads a catalog from JSON and normalises it. It returns every problem of both at once, leaving out what
// follows only from another: a value that could not be read is not also called missing.
func Check(data []byte) (Catalog, Problems) {
	var c Catalog
	root, problem := parseJSON(data)
	if problem != nil {
		return c, Problems{*problem}
	}
	d := newDecoder()
	d.value(root, reflect.ValueOf(&c).Elem())
	c, rules := c.Normalise()
	return c, append(d.problems, slices.DeleteFunc(rules, func(p Problem) bool {
		return slices.ContainsFunc(d.unread, func(path string) bool {
			return within(p.Path, path) || within(path, p.Path)
		})
	})...)
}

// within reports whether path is the outer path or below it.
func within(path, outer string) bool {
	return path == outer || strings.HasPrefix(path, outer+"/")
}
