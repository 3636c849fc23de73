package screen_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/mb/internal/screen"
	"github.com/marketbrewer/marketbrewer/core/cost"
)

func noon() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

func TestPlainLines(t *testing.T) {
	t.Parallel()
	var w strings.Builder
	s := screen.New(&w, screen.Options{})
	v := screen.View{At: noon(), Total: 1300, Cap: 3 * cost.Dollar}
	s.Show(v)
	v.At = noon().Add(time.Second)
	s.Show(v) // too soon for another line
	v.At, v.Completed, v.Failed, v.Running = noon().Add(10*time.Second), 395, 5, 50
	v.Waiting = []screen.Waiting{{"retry", 8}, {"quota", 4}}
	v.Spent, v.Held = cost.Dollar/4, cost.Dollar/50
	s.Show(v)
	v.At, v.Stopping = noon().Add(14*time.Second), true
	s.Show(v)
	v.At, v.Cancelled, v.Waiting, v.Held = noon().Add(15*time.Second), 900, nil, 0
	s.Close(v)
	require.Equal(t, []string{
		"0/1,300 done  0 failed  0.0 pages/s  ETA -  $0.0000 spent | $0.0000 held | $3.0000 cap",
		"395/1,300 done  5 failed  waiting: retry 8, quota 4  40.0 pages/s  ETA 23 s  $0.2500 spent | $0.0200 held | $3.0000 cap",
		"395/1,300 done  5 failed  waiting: retry 8, quota 4  stopping: 50 pages finish  $0.2500 spent | $0.0200 held | $3.0000 cap",
		"395/1,300 done  5 failed  900 cancelled  $0.2500 spent | $0.0000 held | $3.0000 cap",
	}, strings.Split(strings.TrimSpace(w.String()), "\n"))
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	colour := regexp.MustCompile(`\x1b\[\d*m`)
	for _, columns := range []int{50, 80, 120, 200} {
		var w strings.Builder
		s := screen.New(&w, screen.Options{Width: func() int { return columns }, Colour: true})
		v := screen.View{
			At: noon(), Total: 100000, Completed: 49990, Failed: 10, Cancelled: 7, Spent: 12_345 * cost.Dollar, Held: cost.Dollar,
			Cap: 100_000 * cost.Dollar, Waiting: []screen.Waiting{{"retry", 8000}, {"quota", 4000}, {"breaker", 1}, {"budget", 12}},
		}
		s.Show(v)
		s.Say("a line that stays")
		s.Show(v)
		s.Close(v)
		text := w.String()
		require.Contains(t, text, "\x1b[32m=")
		require.Contains(t, text, "\x1b[2A", "drawn over")
		require.Contains(t, text, "\x1b[2A\r\x1b[Ja line that stays\n", "what is drawn makes room")
		for line := range strings.Lines(strings.ReplaceAll(colour.ReplaceAllString(text, ""), "\x1b[2K", "\r")) {
			shown := line[strings.LastIndexByte(line, '\r')+1:]
			require.Less(t, len(strings.TrimSpace(shown)), columns, shown)
		}
		require.Contains(t, text, "49,990/100,000 done")
	}
}

func TestStuck(t *testing.T) {
	t.Parallel()
	var w strings.Builder
	s := screen.New(&w, screen.Options{})
	s.Show(screen.View{At: noon(), Total: 100})
	s.Show(screen.View{At: noon().Add(5 * time.Second), Total: 100, Completed: 50, Waiting: []screen.Waiting{{"budget", 50}}, Stuck: true})
	require.Contains(t, w.String(), "waiting: budget 50  10.0 pages/s  ETA -")
	s.Show(screen.View{At: noon().Add(10 * time.Second), Total: 100, Completed: 50, Running: 1, Stopping: true})
	require.Contains(t, w.String(), "stopping: 1 page finishes  ")
}

func TestNoTerminal(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]screen.Options{
		"Narrow": {Width: func() int { return 49 }}, "Plain": {Width: func() int { return 80 }, Plain: true}, "None": {Width: func() int { return 0 }},
	} {
		var w strings.Builder
		screen.New(&w, o).Show(screen.View{At: noon(), Total: 4})
		require.NotContains(t, w.String(), "\x1b", name)
	}
}

func TestPace(t *testing.T) {
	t.Parallel()
	show := func(done ...int) string {
		var w strings.Builder
		s := screen.New(&w, screen.Options{})
		for i, n := range done {
			s.Show(screen.View{At: noon().Add(time.Duration(i) * 5 * time.Second), Total: 1000, Completed: n})
		}
		lines := strings.Split(strings.TrimSpace(w.String()), "\n")
		return lines[len(lines)-1]
	}
	require.Contains(t, show(0, 50, 100), "10.0 pages/s  ETA 1 min 30 s")
	require.Contains(t, show(0, 500, 501, 502, 503, 504), "12.0 pages/min  ETA 41 min", "what is long ago does not count")
	require.Contains(t, show(10, 5), "0.0 pages/s  ETA -", "a retry takes pages back")
	require.Contains(t, show(1, 1), "0.0 pages/s  ETA -")
	var w strings.Builder
	screen.New(&w, screen.Options{}).Show(screen.View{At: noon()})
	require.Contains(t, w.String(), "0/0 done")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1000: "-1,000"} {
		require.Equal(t, want, screen.Number(n))
	}
	for amount, want := range map[cost.Pico]string{
		0: "$0.0000", cost.Dollar: "$1.0000", 1234 * cost.Dollar: "$1,234.0000", cost.Dollar/2 + 50_000_000: "$0.5001",
		cost.Dollar/2 + 49_999_999: "$0.5000", cost.Dollar / 1000: "$0.001000", 1: "$0.000000", -cost.Dollar: "-$1.0000", -cost.Dollar / 1000: "-$0.001000",
	} {
		require.Equal(t, want, screen.USD(amount), amount)
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0 s", 1234 * time.Millisecond: "1.2 s", 90 * time.Second: "1 min 30 s", 3*time.Hour + 5*time.Minute: "3 h 5 min",
	} {
		require.Equal(t, want, screen.Time(d))
	}
	for text, want := range map[string]string{
		"nightly – Ñandú": "nightly – Ñandú", "a\nb\rc\td": "a?b?c?d", "\x1b[31mred": "?[31mred", "a\u202eb\u2028c\u200b": "a?b?c?", "a\xffb": "a?b",
	} {
		require.Equal(t, want, screen.Line(text))
	}
}
