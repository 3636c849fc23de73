package claudemodel

import (
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// checkKey refuses what no header can carry. Its messages do not show the key.
func checkKey(k ports.Secret) error {
	if k == "" {
		return fault.New(fault.Invalid, "claudemodel: the API key is empty")
	}
	for i := range len(k) {
		if k[i] <= ' ' || k[i] > '~' {
			return fault.New(fault.Invalid,
				"claudemodel: the API key has a space, line break or other character at byte %d that no key has", i+1)
		}
	}
	return nil
}
