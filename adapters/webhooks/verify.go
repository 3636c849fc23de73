package webhooks

import (
	"crypto/hmac"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// DefaultTolerance is how far the time of a delivery may be from the receiver's.
	DefaultTolerance = 5 * time.Minute
	// maxSignatures bounds the work for one delivery: a rotation has two.
	maxSignatures = 16
	// maxKept is how many ids a Receiver remembers, keptFor how long: longer than the attempts of one delivery go on.
	maxKept = 10_000
	keptFor = 7 * 24 * time.Hour
)

// Verify is what every receiver does before it believes a delivery. The body is that of the request, byte for byte, before any
// decoding. The tolerance is how old or how far ahead the delivery may be; 0 means DefaultTolerance. Signatures are compared in
// constant time. A nil error says that whoever knows the secret has sent this body about now; it may be a repeat, which the
// webhook-id tells (see Receiver). Errors: Unauthorized for a delivery not to be believed, Invalid for a secret that is none.
func Verify(secret ports.Secret, header http.Header, body []byte, now time.Time, tolerance time.Duration) error {
	key, err := keyOf(secret)
	if err != nil {
		return err
	}
	if tolerance <= 0 {
		tolerance = DefaultTolerance
	}
	id, timestamp := header.Get(HeaderID), header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if id == "" || err != nil {
		return fault.New(fault.Unauthorized, "webhooks: the delivery has no id or no time")
	}
	if age := now.Sub(time.Unix(seconds, 0)); age > tolerance || age < -tolerance {
		return fault.New(fault.Unauthorized, "webhooks: the delivery is not of this time")
	}
	if !anySigned(header.Get(HeaderSignature), digest(key, id, timestamp, body)) {
		return fault.New(fault.Unauthorized, "webhooks: no signature of the delivery is right")
	}
	return nil
}

func anySigned(signatures string, expected []byte) bool {
	for i, signature := range strings.Fields(signatures) {
		text, ours := strings.CutPrefix(signature, signatureScheme)
		given, err := base64.StdEncoding.DecodeString(text)
		if i < maxSignatures && ours && err == nil && hmac.Equal(given, expected) {
			return true
		}
	}
	return false
}

// Receiver is a sample of the receiving side: it verifies deliveries and tells repeats. It keeps the ids in memory; a real one
// keeps them where it keeps what it does upon a delivery, in the same transaction. It is safe for concurrent use.
type Receiver struct {
	clock  ports.Clock
	secret ports.Secret

	mu   sync.Mutex
	seen map[string]time.Time
}

// NewReceiver returns a receiver of the deliveries of one webhook.
func NewReceiver(clock ports.Clock, secret ports.Secret) *Receiver {
	return &Receiver{clock: clock, secret: secret, seen: map[string]time.Time{}}
}

// Accept returns nil for the first delivery of its id. A repeat is Conflict: it should be answered 2xx, so that it does not
// come again, and have no effect. Other errors are those of Verify, to be answered 401.
func (r *Receiver) Accept(header http.Header, body []byte) error {
	now := r.clock.Now()
	if err := Verify(r.secret, header, body, now, DefaultTolerance); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := header.Get(HeaderID)
	if _, repeated := r.seen[id]; repeated {
		return fault.New(fault.Conflict, "webhooks: the delivery has been taken before")
	}
	r.forget(now)
	r.seen[id] = now
	return nil
}

// forget drops the ids that no attempt has any more, and the oldest one when there are too many.
func (r *Receiver) forget(now time.Time) {
	oldest := ""
	for id, at := range r.seen {
		if now.Sub(at) > keptFor {
			delete(r.seen, id)
			continue
		}
		if oldest == "" || at.Before(r.seen[oldest]) {
			oldest = id
		}
	}
	if len(r.seen) >= maxKept {
		delete(r.seen, oldest)
	}
}
