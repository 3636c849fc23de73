package office

import "time"

// Retention is how long what is kept, by the name of what it is, for those who ask the API. What stands here is kept at least as long;
// zero stands for as long as the store.
func Retention() map[string]time.Duration {
	const day = 24 * time.Hour
	return map[string]time.Duration{"idempotency_keys": 7 * day, "sessions": 8 * time.Hour, "webhook_deliveries": 30 * day}
}
