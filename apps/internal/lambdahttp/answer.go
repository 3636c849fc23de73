package lambdahttp

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// travelling is a body as an answer's string: as it is when it is text, else in base64. Text that only its escapes make too long
// travels in base64 too. What fits neither way does not travel.
func travelling(body []byte) (text string, encoded, fits bool) {
	if utf8.Valid(body) && escapedLength(body) <= AnswerLimit {
		return string(body), false, true
	}
	if base64.StdEncoding.EncodedLen(len(body)) > AnswerLimit {
		return "", false, false
	}
	return base64.StdEncoding.EncodeToString(body), true, true
}

// escapedLength is the length of text in a JSON string as aws-lambda-go writes it.
func escapedLength(text []byte) int {
	length := len(text)
	for i, c := range text {
		switch {
		case c == '"' || c == '\\' || c >= '\b' && c <= '\r' && c != '\v':
			length++ // \n
		case c < ' ':
			length += len(`\u0000`) - 1
		case c == 0xe2 && i+2 < len(text) && text[i+1] == 0x80 && text[i+2]|1 == 0xa9:
			length += len(`\u2028`) - 3 // the two line ends of JavaScript alone
		}
	}
	return length
}

// said are the answer's headers, one value each, and its cookies, which cannot be joined.
func said(w *writer) (headers map[string]string, cookies []string) {
	header := w.sent
	complete(w, header)
	headers = map[string]string{}
	for name, values := range header {
		for i, value := range values {
			values[i] = oneLine(value)
		}
		if name == "Set-Cookie" {
			cookies = values
			continue
		}
		if len(values) > 0 {
			headers[strings.ToLower(name)] = strings.Join(values, ",")
		}
	}
	return headers, cookies
}

// complete does to an answer's headers what net/http does before it sends them.
func complete(w *writer, header http.Header) {
	for _, list := range header["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			header.Del(strings.TrimSpace(name))
		}
	}
	for _, name := range hopByHop() {
		header.Del(name)
	}
	switch {
	case w.status == http.StatusNotModified:
		header.Del("Content-Type")
		header.Del("Content-Length")
	case w.status == http.StatusNoContent:
		header.Del("Content-Length")
	default:
		describe(w, header)
	}
}

// describe says what the body is. An answer to HEAD has the length that the handler said, or that of what it wrote.
func describe(w *writer, header http.Header) {
	_, typed := header["Content-Type"]
	if !typed && header.Get("Content-Encoding") == "" && len(w.body) > 0 {
		header.Set("Content-Type", http.DetectContentType(w.body))
	}
	if !w.head || len(w.body) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(w.body)))
	}
}

// oneLine makes a value safe: with a line end in it, it would be a header more.
func oneLine(value string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", " ", "\n", " ").Replace(value))
}
