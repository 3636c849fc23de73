package httpapi

import (
	"slices"
	"strconv"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// unquoted is a message without the values that it quotes: they may be what was sent.
func unquoted(message string) string {
	var b strings.Builder
	for {
		at := strings.IndexByte(message, '"')
		if at < 0 {
			break
		}
		quoted, err := strconv.QuotedPrefix(message[at:])
		if err != nil {
			break
		}
		b.WriteString(message[:at] + "…")
		message = message[at+len(quoted):]
	}
	b.WriteString(message)
	return b.String()
}

// ours is a message of the engine in the words of the API: its tenants are businesses, its tasks pages. Ids and amounts stay.
func ours(message string) string {
	words := strings.Split(message, " ")
	for i, word := range words {
		bare := strings.TrimRight(word, ",.:;")
		if own, known := wording(bare); known {
			words[i] = own + word[len(bare):]
		}
	}
	return strings.Join(words, " ")
}

// wording is the API's word for one of the engine's.
func wording(word string) (string, bool) {
	switch word {
	case "tenant":
		return "business", true
	case "tenants":
		return "businesses", true
	case "tenant's":
		return "business's", true
	case "task":
		return "page", true
	case "tasks":
		return "pages", true
	case "parcel", "shard":
		return "part", true
	case "parcels", "shards":
		return "parts", true
	case "cap":
		return "budget_usd", true
	}
	return "", false
}

// wrong is one thing that is wrong with a request, as the validator or a row of ours says it. Where is its place: a pointer into the
// body, the validator's body.rows[3].slug, or a parameter as query.NAME, path.NAME or header.NAME. A parameter has no pointer, so its
// name is in the message.
func wrong(where, message string) FieldError {
	e := FieldError{Code: catalog.CodeInvalid, Message: plain(message)}
	kind, name, named := strings.Cut(where, ".")
	switch {
	case kind == "body" || strings.HasPrefix(kind, "body["):
		e.Pointer = pointer(where)
	case !named || strings.HasPrefix(where, "/"):
		e.Pointer = where
	case kind == "header":
		e.Message = "the header " + shortName(name) + ": " + e.Message
	default:
		e.Message = shortName(name) + " in the " + kind + ": " + e.Message
	}
	if member, is := strings.CutPrefix(message, "expected required property "); is {
		member, _, _ = strings.Cut(member, " ")
		e.Pointer, e.Code, e.Message = e.Pointer+"/"+member, catalog.CodeRequired, "missing; fill it in"
	}
	return e
}

// shortName is the name of a parameter if it is like one of ours, which an unknown one need not be.
func shortName(name string) string {
	if len(name) > 40 || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
		return "a parameter"
	}
	return name
}

// plain is a message of the validator: it says what is wanted, and never what was sent.
func plain(message string) string {
	if list, is := strings.CutPrefix(message, `expected value to be one of "`); is {
		message = "use one of " + oneOf(strings.TrimSuffix(list, `"`))
	}
	if bound, is := strings.CutPrefix(message, "expected number "); is {
		message = "expected number " + unscientific(bound)
	}
	if strings.Contains(message, "unmarshal") || strings.Contains(message, "invalid character") || len(message) > 200 {
		return "this is not what the contract says"
	}
	return message
}

// oneOf are the words of a list that mean something: not null, and not the empty text that stands for it.
func oneOf(list string) string {
	words := strings.Split(list, ", ")
	words = slices.DeleteFunc(words, func(word string) bool { return word == "" || word == "<nil>" })
	if list = strings.Join(words, ", "); len(list) > 180 {
		return "those that the contract lists"
	}
	return list
}

// unscientific is a bound such as ">= 1" with all digits of its number.
func unscientific(bound string) string {
	sign, number, _ := strings.Cut(bound, " ")
	if n, err := strconv.ParseFloat(number, 64); err == nil {
		return sign + " " + strconv.FormatFloat(n, 'f', -1, 64)
	}
	return bound
}

// pointer turns the validator's body.rows[3].slug into /rows/3/slug. Names that no member of ours has are left out.
func pointer(location string) string {
	rest := strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(strings.TrimPrefix(location, "body"))
	for _, r := range rest {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '/' {
			return ""
		}
	}
	return rest[:min(len(rest), 120)]
}
