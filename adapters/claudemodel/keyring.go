package claudemodel

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// maxKeys is how many keys a keyring remembers, to keep them out of messages.
const maxKeys = 64

// keyring is the key of a Model and where another one comes from. A Model holds its methods alone, so that no printing of
// a Model shows a key.
type keyring struct {
	// source is Options.Key, and nil for a key that never changes.
	source func(ctx context.Context, refused ports.Secret) (ports.Secret, error)

	// mu is held for moments only, never over a call of the source.
	mu sync.Mutex
	// keys are all that were used, or came from the source, oldest first. current is the one in use, empty before the first.
	keys    []ports.Secret
	current ports.Secret
}

// newKeyring refuses a key that cannot work; it may be missing if there is a source.
func newKeyring(key ports.Secret, options *Options) (*keyring, error) {
	ring := &keyring{source: options.Key}
	if key == "" && ring.source != nil {
		return ring, nil
	}
	if err := checkKey(key); err != nil {
		return nil, err
	}
	ring.current, ring.keys = key, []ports.Secret{key}
	return ring, nil
}

// key is the one to use now: that in use, or the source's first one.
func (r *keyring) key(ctx context.Context) (ports.Secret, error) { return r.renewed(ctx, "") }

// renewed is the key to use instead of the one that was refused. It is the same one when there is no other. Calls that were
// refused the same key do not ask the source for it again once one of them has got another.
func (r *keyring) renewed(ctx context.Context, refused ports.Secret) (ports.Secret, error) {
	r.mu.Lock()
	current := r.current
	r.mu.Unlock()
	if current != refused || r.source == nil {
		return current, nil
	}
	key, err := r.source(ctx, refused)
	if err != nil {
		return "", err
	}
	return r.take(key, refused)
}

// take puts what the source gave in place of the refused key, unless another call has done so before.
func (r *keyring) take(key, refused ports.Secret) (ports.Secret, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if key == "" {
		return "", fault.New(fault.Unauthorized, "claudemodel: the source of the API key has none")
	}
	if !slices.Contains(r.keys, key) {
		r.keys = append(r.keys, key)
		r.keys = r.keys[max(len(r.keys)-maxKeys, 0):]
	}
	if err := checkKey(key); err != nil {
		return "", err // Invalid: it becomes Unauthorized
	}
	if r.current == refused {
		r.current = key
	}
	return r.current, nil
}

// screen takes out of a text what it has in common with any of the keys and with prompts. The schema is no secret: errors
// about it must name its parts.
func (r *keyring) screen(text string, prompts []string) string {
	r.mu.Lock()
	keys := slices.Clone(r.keys)
	r.mu.Unlock()
	if len(text) > maxScreened {
		text = strings.ToValidUTF8(text[:maxScreened], "")
	}
	for _, key := range keys {
		text = withhold(text, string(key), sharedKey)
	}
	for _, prompt := range prompts {
		text = withhold(text, prompt, sharedPrompt)
	}
	return text
}
