package backoffice

import (
	"net/url"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

const (
	// longestURL is the most characters of a webhook's address.
	longestURL = 2048
	// longestName and longestLabel are the limits of a name in DNS (RFC 1035, 2.3.4).
	longestName  = 253
	longestLabel = 63
)

// CheckURL says whether a webhook may have the address: an absolute https URL of printable ASCII with at most 2,048
// characters, with a public name of at least two labels for its host, without user, fragment and a port other than 443.
// Where the name leads to is not asked here; the sender checks each address that it connects to with Public. Errors:
// Invalid, saying the rule and never the value.
func CheckURL(raw string) error {
	if raw == "" || len(raw) > longestURL {
		return badURL("have 1 to 2,048 characters")
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
		return badURL("be of printable ASCII without spaces and backslashes: write other characters as %XX, names in their xn-- form")
	}
	if strings.Contains(raw, "#") {
		return badURL("have no fragment")
	}
	u, err := url.Parse(raw)
	if err != nil {
		return badURL("be an absolute https URL")
	}
	return checkParts(u)
}

func checkParts(u *url.URL) error {
	switch {
	case u.Scheme != "https" || u.Opaque != "" || u.Host == "":
		return badURL("be an absolute https URL")
	case u.User != nil:
		return badURL("hold no user or password")
	case u.Port() != "" && u.Port() != "443", strings.HasSuffix(u.Host, ":"):
		return badURL("use port 443")
	}
	return checkHost(strings.ToLower(u.Hostname()))
}

// checkHost wants a name that DNS could know. A name whose last label is a number in any notation is an IPv4 address to
// somebody (WHATWG URL, "ends in a number"), so 127.1, 2130706433 and 0x7f.1 are none.
func checkHost(host string) error {
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	if len(host) > longestName || slices.ContainsFunc(labels, badLabel) {
		return badURL("have a DNS name for its host, of letters, digits and hyphens, and no IP address")
	}
	if last[0] >= '0' && last[0] <= '9' {
		return badURL("have a DNS name for its host, and no IP address")
	}
	if len(labels) < 2 || slices.Contains(privateNames(), last) {
		return badURL("have a host that the public internet knows")
	}
	return nil
}

func badLabel(label string) bool {
	return label == "" || len(label) > longestLabel || label[0] == '-' || label[len(label)-1] == '-' ||
		strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
}

// privateNames are the top-level names that never stand for a server on the internet: those of RFC 6761 and 6762, ICANN's
// .internal, and what home and office networks have made a habit of.
func privateNames() []string {
	return []string{
		"localhost", "local", "localdomain", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "invalid", "onion",
	}
}

func badURL(rule string) error {
	return fault.New(fault.Invalid, "a webhook's url must %s", rule)
}
