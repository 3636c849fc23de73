package logobserver

import (
	"encoding"
	"io"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// NewJSON returns a logger that writes one line of JSON for each record, with the keys time, level and msg, and shows only what
// it knows to be fit to be shown. Level nil means Info.
//
// Texts, numbers, times and errors are written, texts and errors as one line of at most 1,000 bytes; so is what encodes itself
// as a text. Bytes become their number, and anything else (a struct, a map, a list) the name of its type: what is in it nobody
// has looked at. A ports.Secret is redacted by itself, and so is whatever stands under a key that names a secret or something
// private: authorization, x-api-key, api_key, password, secret, token, cookie, prompt, email, with other words around it or
// without. A key of the provider inside a text is taken out of it.
func NewJSON(w io.Writer, level slog.Leveler) *slog.Logger {
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level, ReplaceAttr: show}))
}

const redacted = "[redacted]"

// show makes an attribute fit to be shown. Its value is resolved already: a LogValuer has had its say.
func show(groups []string, a slog.Attr) slog.Attr {
	if private(a.Key) || slices.ContainsFunc(groups, private) {
		return slog.String(a.Key, redacted)
	}
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(plain(a.Value.String()))
	case slog.KindAny:
		a.Value = known(a.Value.Any())
	}
	return a
}

// known is a value of any type, as far as the type says that it can be shown.
func known(value any) slog.Value {
	switch v := value.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(plain(safely(v.Error)))
	case []byte:
		return slog.StringValue("[" + strconv.Itoa(len(v)) + " bytes]")
	case encoding.TextMarshaler:
		return slog.StringValue(plain(safely(func() string {
			text, err := v.MarshalText()
			if err != nil {
				return "[not a text]"
			}
			return string(text)
		})))
	}
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.String:
		return slog.StringValue(plain(v.String()))
	case reflect.Bool:
		return slog.BoolValue(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return slog.Int64Value(v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return slog.Uint64Value(v.Uint())
	case reflect.Float32, reflect.Float64:
		return slog.Float64Value(v.Float())
	}
	return slog.StringValue("[" + reflect.TypeOf(value).String() + "]")
}

// safely is what text returns. The method of a nil pointer may panic, and a log must not.
func safely(text func() string) (s string) {
	defer func() {
		if recover() != nil {
			s = "[panicked]"
		}
	}()
	return text()
}

// providerKey is a key of the provider, whatever it stands in.
var providerKey = regexp.MustCompile(`sk-ant-[0-9A-Za-z_-]+`)

// plain is a text as one line, cut to what a record may have, without keys of the provider.
func plain(text string) string {
	// Cut first: a text may be megabytes long. A key that the cut goes through still begins like one.
	text = fault.OneLine(fault.New(fault.Internal, "%s", text[:min(len(text), 2*maxText)]), maxText)
	if strings.Contains(text, "sk-ant-") {
		text = providerKey.ReplaceAllString(text, redacted)
	}
	return text
}

// privateWords are the words of keys that name what nobody is to read, each in the form that words gives.
var privateWords = []string{
	"authorization", "apikey", "password", "passwd", "passphrase", "secret", "secrets", "token", "cookie", "cookies", "prompt", "prompts",
	"email", "emails", "credentials",
}

// private reports whether a key names a secret or something private: one of its words does, or two that are written apart.
func private(key string) bool {
	last := ""
	for _, word := range words(key) {
		if slices.Contains(privateWords, word) || slices.Contains(privateWords, last+word) {
			return true
		}
		last = word
	}
	return false
}

// words splits a key where it is no letter, and where an upper-case letter follows a lower-case one. They come in lower case.
func words(key string) []string {
	var split strings.Builder
	lower := false
	for _, r := range key[:min(len(key), maxText)] {
		if lower && unicode.IsUpper(r) {
			split.WriteByte(' ')
		}
		lower = unicode.IsLower(r)
		if !unicode.IsLetter(r) {
			r = ' '
		}
		split.WriteRune(unicode.ToLower(r))
	}
	return strings.Fields(split.String())
}
