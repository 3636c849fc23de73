package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	kinds := fault.Kinds()
	require.Len(t, kinds, 16)
	names := map[string]bool{}
	for _, kind := range kinds {
		require.NotEmpty(t, kind.Error())
		require.False(t, names[kind.Error()], "%s stands there twice", kind)
		names[kind.Error()] = true
		err := error(fault.New(kind, "memstore: update job 7: it went wrong"))
		for _, other := range kinds {
			require.Equal(t, kind == other, errors.Is(err, other), "%s as %s", kind, other)
		}
		require.Equal(t, kind, fault.KindOf(err))
	}
	kinds[0] = "changed"
	require.Equal(t, fault.Invalid, fault.Kinds()[0], "the list is the caller's own")
}

func TestNew(t *testing.T) {
	t.Parallel()
	t.Run("Message", func(t *testing.T) {
		t.Parallel()
		err := fault.New(fault.NotFound, "memstore: read job %d", 7)
		require.EqualError(t, err, "memstore: read job 7")
		require.NoError(t, err.Err)
	})
	t.Run("Cause", func(t *testing.T) {
		t.Parallel()
		err := fault.New(fault.Corrupt, "boltstore: read job %d: %w", 7, io.ErrUnexpectedEOF)
		require.EqualError(t, err, "boltstore: read job 7: unexpected EOF")
		require.ErrorIs(t, err, fault.Corrupt)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, io.ErrUnexpectedEOF, err.Err)
	})
	t.Run("OuterKindWins", func(t *testing.T) {
		t.Parallel()
		inner := fault.New(fault.NotFound, "no such record")
		err := fault.New(fault.Corrupt, "header names a missing parcel: %w", inner)
		require.Equal(t, fault.Corrupt, fault.KindOf(err))
		require.ErrorIs(t, err, fault.NotFound)
	})
	t.Run("NoMessage", func(t *testing.T) {
		t.Parallel()
		require.EqualError(t, &fault.Error{Kind: fault.Budget}, "budget")
	})
}

func TestKindOf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err  error
		want fault.Kind
	}{
		"Nil":      {nil, ""},
		"Kind":     {fault.Locked, fault.Locked},
		"Error":    {fault.New(fault.Newer, "x"), fault.Newer},
		"Wrapped":  {fmt.Errorf("engine: submit: %w", fault.New(fault.Budget, "x")), fault.Budget},
		"Joined":   {errors.Join(io.EOF, fault.New(fault.Throttled, "x")), fault.Throttled},
		"Foreign":  {io.EOF, fault.Internal},
		"Canceled": {context.Canceled, fault.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, fault.KindOf(c.err))
		})
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	throttled := fault.New(fault.Throttled, "claudemodel: call").After(3 * time.Second)
	require.Equal(t, 3*time.Second, fault.RetryAfter(throttled))
	require.Equal(t, 3*time.Second, fault.RetryAfter(fmt.Errorf("attempt 2: %w", throttled)))
	require.Zero(t, fault.RetryAfter(fault.New(fault.Throttled, "x").After(-time.Second)))
	require.Zero(t, fault.RetryAfter(fault.New(fault.Throttled, "x")))
	require.Zero(t, fault.RetryAfter(fault.Throttled))
	require.Zero(t, fault.RetryAfter(io.EOF))
	require.Zero(t, fault.RetryAfter(nil))
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	lost := fault.New(fault.Unavailable, "claudemodel: call").MaybeDone()
	require.True(t, fault.Unknown(lost))
	require.True(t, fault.Unknown(fmt.Errorf("attempt 2: %w", lost)))
	require.Equal(t, fault.Unavailable, fault.KindOf(lost))
	require.False(t, fault.Unknown(fault.New(fault.Unavailable, "x")))
	require.False(t, fault.Unknown(fault.Unavailable))
	require.False(t, fault.Unknown(io.EOF))
	require.False(t, fault.Unknown(nil))
}

func TestOneLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text  string
		limit int
		want  string
	}{
		"Short":         {"plain", 80, "plain"},
		"Newlines":      {"first\nsecond\r\n\tthird", 80, "first second third"},
		"Escapes":       {"red \x1b[31mtext\x07\x7f", 80, "red [31mtext"},
		"NotUTF8":       {"bad \xff\xfe byte", 80, "bad ? byte"},
		"CutAtLimit":    {"abcdef", 3, "abc"},
		"ExactLimit":    {"abc", 3, "abc"},
		"CutBeforeRune": {"ab😀cd", 4, "ab"},
		"CutAfterRune":  {"ab😀cd", 6, "ab😀"},
		"NoRoom":        {"abc", 0, ""},
		"NegativeRoom":  {"abc", -1, ""},
		"OnlyControls":  {"\x00\x01", 80, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, fault.OneLine(errors.New(c.text), c.limit))
		})
	}
	require.Empty(t, fault.OneLine(nil, 80))
	long := fault.OneLine(errors.New(strings.Repeat("é\n", 10_000)), 100)
	require.LessOrEqual(t, len(long), 100)
	require.True(t, utf8.ValidString(long))
}

// FuzzOneLine: whatever an error says, one line within the limit comes out.
func FuzzOneLine(f *testing.F) {
	f.Add("two\nlines", 5)
	f.Add("\x1b]0;title\x07", 80)
	f.Add("é\xff", 1)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		line := fault.OneLine(errors.New(text), limit)
		require.LessOrEqual(t, len(line), max(limit, 0))
		require.True(t, utf8.ValidString(line))
		require.Equal(t, -1, strings.IndexFunc(line, func(r rune) bool { return r < 0x20 || r == 0x7f }))
	})
}
