package cost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// decodeStrict is json.Unmarshal that also refuses unknown fields, fields named twice or in another case, and text
// after the value. The standard decoder lets the last of two fields win without a word.
func decodeStrict(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is text after its end")
	}
	return uniqueFields(json.NewDecoder(bytes.NewReader(data)))
}

// uniqueFields reads one value that is known to be valid JSON and reports the first field that its object names twice.
func uniqueFields(decoder *json.Decoder) error {
	opening, err := decoder.Token()
	if err != nil {
		return err
	}
	if delimiter, nested := opening.(json.Delim); !nested {
		return nil
	} else if delimiter == '{' {
		err = uniqueKeys(decoder)
	} else {
		for err == nil && decoder.More() {
			err = uniqueFields(decoder)
		}
	}
	if err != nil {
		return err
	}
	_, err = decoder.Token() // the closing delimiter
	return err
}

// uniqueKeys reads the fields of an object whose opening brace has been read.
func uniqueKeys(decoder *json.Decoder) error {
	seen := map[string]bool{}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return err
		}
		key, _ := token.(string)
		if seen[key] || key != strings.ToLower(key) {
			return fmt.Errorf("field %s stands there twice or not in lower case", quote(key))
		}
		seen[key] = true
		if err := uniqueFields(decoder); err != nil {
			return err
		}
	}
	return nil
}
