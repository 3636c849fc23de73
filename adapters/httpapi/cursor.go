package httpapi

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"sync"
	"time"

	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// cursorLife is how long a cursor can be used.
	cursorLife = 24 * time.Hour
	// longestCursor is the longest that is read.
	longestCursor = 2048
)

// sealer makes cursors that only their receiver can use, for the list that they are of: sealed with AES-256-GCM, bound to principal,
// route, query and, where the list is of one, body.
type sealer struct {
	key func(context.Context) (ports.Secret, error)
	now func() time.Time

	once *sealed // shared by all copies
}

// sealed is the cipher, made with the first cursor.
type sealed struct {
	mu   sync.Mutex
	aead cipher.AEAD
	key  ports.Secret
}

func (s sealer) cipher(ctx context.Context) (cipher.AEAD, ports.Secret, error) {
	s.once.mu.Lock()
	defer s.once.mu.Unlock()
	if s.once.aead != nil {
		return s.once.aead, s.once.key, nil
	}
	key, err := s.key(ctx)
	if err != nil {
		return nil, "", err
	}
	block, err := aes.NewCipher([]byte(key))
	if err != nil {
		return nil, "", err
	}
	s.once.key = key
	s.once.aead, err = cipher.NewGCM(block)
	return s.once.aead, key, err
}

// close makes the cursor. The nonce is drawn from what is sealed and whom it is for, so that equal lists have equal cursors and an
// unchanged list an unchanged ETag: two different plaintexts share a nonce with a chance of 2^-96 per pair.
func (s sealer) close(ctx context.Context, inner, bound string) (string, error) {
	aead, key, err := s.cipher(ctx)
	if err != nil {
		return "", err
	}
	// A cursor lives one to two lives: the hour that it says is that of the day's beginning.
	day := s.now().UTC().Truncate(cursorLife).Add(2 * cursorLife)
	plain := binary.BigEndian.AppendUint64(nil, uint64(day.Unix()))
	plain = append(plain, inner...)
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write(append([]byte(bound+"\x00"), plain...)) // it never fails
	nonce := mac.Sum(nil)[:aead.NonceSize()]
	return base64.RawURLEncoding.EncodeToString(aead.Seal(nonce, nonce, plain, []byte(bound))), nil
}

// open reads a cursor; false when it is none, is somebody else's or another list's, or is too old.
func (s sealer) open(ctx context.Context, cursor, bound string) (string, bool, error) {
	aead, _, err := s.cipher(ctx)
	if err != nil {
		return "", false, err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(cursor) > longestCursor || len(raw) < aead.NonceSize() {
		return "", false, nil
	}
	nonce, box := raw[:aead.NonceSize()], raw[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, box, []byte(bound))
	if err != nil || len(plain) < 8 {
		return "", false, nil
	}
	if until := time.Unix(int64(binary.BigEndian.Uint64(plain)), 0); !s.now().Before(until) {
		return "", false, nil
	}
	return string(plain[8:]), true, nil
}

// bound is what a cursor is bound to: who asks, and for which list. Where in the list, and how much of it, is left out.
func bound(principal, path string, query url.Values) string {
	rest := url.Values{}
	for name, values := range query {
		if name != "cursor" && name != "limit" {
			rest[name] = values
		}
	}
	return principal + "\n" + path + "\n" + rest.Encode()
}
