package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// maxDepth is how deep lists and objects of a body may lie in each other.
const maxDepth = 32

// strictJSON reads bodies: everything that encoding/json would let pass and a careful reader would not is refused.
func strictJSON() huma.Format {
	return huma.Format{
		Marshal: func(w io.Writer, v any) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			return e.Encode(v)
		},
		Unmarshal: func(data []byte, v any) error {
			if err := checkJSON(data); err != nil {
				return err
			}
			return json.Unmarshal(data, v)
		},
	}
}

// checkJSON refuses what is not one JSON document in UTF-8 without duplicate members, control characters, or more than 32
// levels.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return errors.New("the body is not valid UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	c := jsonChecker{d: d}
	if err := c.value(0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the end of the document")
	}
	return nil
}

type jsonChecker struct{ d *json.Decoder }

func (c jsonChecker) value(depth int) error {
	token, err := c.d.Token()
	if err != nil {
		return errors.New("the body is not valid JSON")
	}
	switch t := token.(type) {
	case string:
		return checkText(t)
	case json.Delim:
		if depth == maxDepth {
			return errors.New("the body is nested more than 32 deep")
		}
		return c.inside(t, depth+1)
	}
	return nil
}

func (c jsonChecker) inside(open json.Delim, depth int) error {
	names := map[string]bool{}
	for c.d.More() {
		if open == '{' {
			token, err := c.d.Token()
			name, isText := token.(string)
			if err != nil || !isText {
				return errors.New("the body is not valid JSON")
			}
			if names[name] {
				return errors.New("a member is there twice")
			}
			names[name] = true
			if err := checkName(name); err != nil {
				return err
			}
		}
		if err := c.value(depth); err != nil {
			return err
		}
	}
	if _, err := c.d.Token(); err != nil {
		return errors.New("the body is not valid JSON")
	}
	return nil
}

// checkName refuses names that encoding/json would take for one of ours: it does not look at case.
func checkName(name string) error {
	for i := range len(name) {
		if name[i] >= 'A' && name[i] <= 'Z' || name[i] > '~' || name[i] < ' ' {
			return errors.New("a member's name has characters that no member has: names are in lower case")
		}
	}
	return nil
}

// checkText refuses characters that no store and no page should hold.
func checkText(s string) error {
	if bad := catalog.BadText(s); bad != "" {
		return errors.New("a text " + bad)
	}
	return nil
}
