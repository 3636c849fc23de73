package idempotency_test

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestDecide(t *testing.T) {
	t.Parallel()
	mine, other := idempotency.Of([]byte("mine")), idempotency.Of([]byte("other"))
	record := idempotency.Remember("job-1", mine, noon())
	unending := idempotency.Record{Job: "job-1", Fingerprint: mine, Created: noon()}
	for name, c := range map[string]struct {
		existing *idempotency.Record
		now      time.Time
		fp       idempotency.Fingerprint
		want     idempotency.Answer
	}{
		"NoRecord":            {nil, noon(), mine, idempotency.New},
		"Same":                {&record, noon(), mine, idempotency.Repeat},
		"Other":               {&record, noon(), other, idempotency.Conflict},
		"SameAtTheEnd":        {&record, noon().Add(idempotency.Keep - 1), mine, idempotency.Repeat},
		"OtherAtTheEnd":       {&record, noon().Add(idempotency.Keep - 1), other, idempotency.Conflict},
		"SameExpired":         {&record, noon().Add(idempotency.Keep), mine, idempotency.New},
		"OtherExpired":        {&record, noon().Add(idempotency.Keep), other, idempotency.New},
		"ClockBehind":         {&record, noon().Add(-time.Hour), mine, idempotency.Repeat},
		"UnendingNeverFrees":  {&unending, noon().Add(100 * idempotency.Keep), mine, idempotency.Repeat},
		"UnendingStillGuards": {&unending, noon().Add(100 * idempotency.Keep), other, idempotency.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, idempotency.Decide(c.existing, c.now, c.fp))
		})
	}
}

func TestAnswerNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "new", idempotency.New.String())
	require.Equal(t, "repeat", idempotency.Repeat.String())
	require.Equal(t, "conflict", idempotency.Conflict.String())
	require.Equal(t, "unknown", idempotency.Answer(0).String())
}

func TestRecordJSON(t *testing.T) {
	t.Parallel()
	record := idempotency.Remember("job-1", idempotency.Of(), noon())
	text, err := json.Marshal(record)
	require.NoError(t, err)
	require.JSONEq(t, `{"job":"job-1","fingerprint":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"created":"2026-11-22T12:00:00Z","expires":"2026-11-29T12:00:00Z"}`, string(text))
	var back idempotency.Record
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, record, back)
	for _, bad := range []string{`""`, `"e3b0"`, `"` + strings.Repeat("zz", 32) + `"`, `"` + strings.Repeat("00", 33) + `"`} {
		var fp idempotency.Fingerprint
		require.ErrorIs(t, json.Unmarshal([]byte(bad), &fp), fault.Invalid)
		require.Zero(t, fp)
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	part := func(texts ...string) idempotency.Fingerprint {
		var parts [][]byte
		for _, text := range texts {
			parts = append(parts, []byte(text))
		}
		return idempotency.Of(parts...)
	}
	require.Equal(t, idempotency.Fingerprint(sha256.Sum256([]byte("\x00\x00\x00\x00\x00\x00\x00\x02ab"))), part("ab"))
	require.Equal(t, part("a", "b"), part("a", "b"))
	require.Equal(t, idempotency.Of([]byte{}), idempotency.Of([]byte(nil)), "nil is an empty part")
	different := []idempotency.Fingerprint{
		part(), part(""), part("", ""), part("ab"), part("a", "b"), part("b", "a"), part("ab", ""), part("", "ab"), part("a", "", "b"),
		part("\x00\x00\x00\x00\x00\x00\x00\x00"), part("a\x00\x00\x00\x00\x00\x00\x00\x01b"),
	}
	for i := range different {
		require.NotContains(t, different[:i], different[i])
	}
}

// TestOfIsUnambiguous: two lists of parts have one fingerprint only if they are equal.
func TestOfIsUnambiguous(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SliceOfN(rapid.ByteRange(0, 2), 0, 10), 0, 4)
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		same := slices.EqualFunc(a, b, slices.Equal[[]byte])
		require.Equal(t, same, idempotency.Of(a...) == idempotency.Of(b...))
	})
}

func TestCheckKey(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"a", "order-7 of 9", "~", strings.Repeat("k", 255)} {
		require.NoError(t, idempotency.CheckKey(key))
	}
	for key, says := range map[string]string{
		"":                       "0 bytes",
		strings.Repeat("k", 256): "256 bytes",
		"tab\t":                  "byte 4 is 0x09",
		"line\n":                 "byte 5 is 0x0a",
		"\x00":                   "byte 1 is 0x00",
		"del\x7f":                "byte 4 is 0x7f",
		"é":                      "byte 1 is 0xc3",
		"bad\xff":                "byte 4 is 0xff",
	} {
		err := idempotency.CheckKey(key)
		require.ErrorIs(t, err, fault.Invalid)
		require.ErrorContains(t, err, says)
	}
}
