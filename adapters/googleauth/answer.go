package googleauth

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

const (
	// MinLife is how long keys are fresh at least, and when the answer does not say.
	MinLife = 5 * time.Minute
	// MaxLife is how long keys are fresh at most.
	MaxLife = 24 * time.Hour

	// minBits is the shortest key of RS256 (RFC 7518, section 3.3).
	minBits = 2048
)

// decode returns the keys of an answer that can verify RS256, by their ids. Others are passed over, as RFC 7517 section 5
// asks. An answer without a single one is a failure, so that it takes no good keys away.
func decode(body []byte) (map[string]*rsa.PublicKey, error) {
	if len(body) > MaxKeys {
		return nil, errors.New("the answer is too long")
	}
	var answer struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, errors.New("the answer is not a set of keys")
	}
	keys := map[string]*rsa.PublicKey{}
	for _, raw := range answer.Keys {
		if kid, key := verifying(raw); key != nil {
			keys[kid] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the answer has no key of use")
	}
	return keys, nil
}

// verifying returns a key and its id, or nil if the key is not one for verifying RS256.
func verifying(raw json.RawMessage) (string, *rsa.PublicKey) {
	var key jose.JSONWebKey
	if err := json.Unmarshal(raw, &key); err != nil {
		return "", nil
	}
	public, _ := key.Key.(*rsa.PublicKey)
	switch {
	case public == nil, key.KeyID == "", public.N.BitLen() < minBits:
		return "", nil
	case key.Use != "" && key.Use != "sig", key.Algorithm != "" && key.Algorithm != string(jose.RS256):
		return "", nil
	}
	return key.KeyID, public
}

// life is how long an answer is fresh: its max-age less the time that it has spent in caches on the way (RFC 9111, sections 4.2.1 and
// 5.1), within our own bounds.
func life(header http.Header) time.Duration {
	spent := seconds(header.Get("Age"))
	for directive := range strings.SplitSeq(strings.Join(header.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if strings.EqualFold(name, "max-age") {
			return min(max(seconds(strings.Trim(value, `"`))-spent, MinLife), MaxLife)
		}
	}
	return MinLife
}

// seconds reads a number of seconds: 0 if it is none, and never more than a year, which no sum of two overflows.
func seconds(text string) time.Duration {
	const most = 365 * 24 * 60 * 60
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return time.Duration(min(n, most)) * time.Second
}
