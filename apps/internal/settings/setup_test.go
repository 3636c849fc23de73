package settings_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/internal/settings"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

// shared, worker, sweeper and api are the least that each function must be told.
func shared() map[string]string {
	return map[string]string{
		"MB_STAGE": "dev", "MB_TABLE": "marketbrewer-dev", "MB_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/111122223333/parcels",
		"MB_FUNCTION_TIMEOUT": "300s",
	}
}

func sweeper() map[string]string {
	m := shared()
	m["MB_CLAUDE_KEY_PARAMETER"] = "/marketbrewer/dev/claude-key"
	return m
}

func worker() map[string]string {
	m := sweeper()
	maps.Copy(m, map[string]string{"MB_VISIBILITY": "1805s", "MB_MAX_CONCURRENCY": "2", "MB_BATCH_SIZE": "4"})
	return m
}

// with returns variables with some changed; a value of "-" takes one away.
func with(variables map[string]string, changes ...string) map[string]string {
	m := maps.Clone(variables)
	for i := 0; i < len(changes); i += 2 {
		m[changes[i]] = changes[i+1]
		if changes[i+1] == "-" {
			delete(m, changes[i])
		}
	}
	return m
}

// sound is a deployment that breaks no relation.
func sound(t *testing.T) settings.Deployed {
	t.Helper()
	w, err := settings.FromMap[settings.Worker](with(worker(), "MB_QUOTA_RPM", "1000", "MB_QUOTA_OTPM", "400000"))
	require.NoError(t, err)
	d := w.Deployed()
	d.BatchWindow, d.ReportBatchItemFailures = 5*time.Second, true
	d.DeadLetters, d.MaxReceive, d.Retention, d.DeadLetterRetention = true, 5, 96*time.Hour, 336*time.Hour
	d.TTL, d.PITR, d.DeletionProtection = true, true, true
	d.AllowedDomains = []string{"example.com"}
	month := 100 * cost.Dollar
	d.Budget = &month
	return d
}
