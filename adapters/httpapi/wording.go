package httpapi

import (
	"strconv"
	"strings"
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

// plain is a message of the validator: it says what is wanted, and never what was sent.
func plain(message string) string {
	if strings.Contains(message, "unmarshal") || strings.Contains(message, "invalid character") || len(message) > 200 {
		return "this is not what the contract says"
	}
	return message
}

// pointer turns the validator's body.rows[3].slug into /rows/3/slug. Names that no member of ours has are left out.
func pointer(location string) string {
	rest, inBody := strings.CutPrefix(location, "body")
	if !inBody {
		return location
	}
	rest = strings.NewReplacer("[", "/", "]", "", ".", "/").Replace(rest)
	for _, r := range rest {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '/' {
			return ""
		}
	}
	return rest[:min(len(rest), 120)]
}
