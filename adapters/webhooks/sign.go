package webhooks

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The headers of Standard Webhooks 1.0.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

const (
	secretPrefix    = "whsec_"
	signatureScheme = "v1,"
	// shortestKey and longestKey are what the standard allows for a secret, in bytes.
	shortestKey = 24
	longestKey  = 64
)

// sign sets the three headers, with one signature for each secret.
func sign(header http.Header, d Delivery, now time.Time) error {
	if len(d.Secrets) == 0 {
		return fault.New(fault.Invalid, "webhooks: delivery %s has no secret to be signed with", d.ID)
	}
	timestamp := strconv.FormatInt(now.Unix(), 10)
	signatures := make([]string, len(d.Secrets))
	for i, secret := range d.Secrets {
		key, err := keyOf(secret)
		if err != nil {
			return err
		}
		signatures[i] = signatureScheme + base64.StdEncoding.EncodeToString(digest(key, d.ID, timestamp, d.Body))
	}
	header.Set(HeaderID, d.ID)
	header.Set(HeaderTimestamp, timestamp)
	header.Set(HeaderSignature, strings.Join(signatures, " "))
	return nil
}

// keyOf is the key that a secret stands for.
func keyOf(secret ports.Secret) ([]byte, error) {
	text, ok := strings.CutPrefix(string(secret), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < shortestKey || len(key) > longestKey {
		return nil, fault.New(fault.Invalid, "webhooks: a secret must be %s and the base64 of %d to %d bytes", secretPrefix, shortestKey, longestKey)
	}
	return key, nil
}

// digest is the HMAC-SHA256 of id.timestamp.body.
func digest(key []byte, id, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return mac.Sum(nil)
}
