package screen

import (
	"fmt"
	"io"
	"time"
)

// Every is how often a line is written where there is no terminal.
const Every = 3 * time.Second

// narrowest is the fewest columns that the two lines need: in less they would wrap, and be drawn over wrongly.
const narrowest = 50

// Options are the settings of a Screen; their zero value is for files and pipes.
type Options struct {
	// Width is the number of columns of the terminal, asked for at each drawing; nil, or fewer than 50, means no terminal.
	Width func() int
	// Colour allows colours on a terminal.
	Colour bool
	// Plain writes plain lines on a terminal too, for example because a log is written between them.
	Plain bool
}

// Screen shows views on a writer. It is for one goroutine.
type Screen struct {
	w      io.Writer
	width  func() int
	colour bool
	pace   pace
	// drawn is how many lines stand on the terminal to be drawn over; last is when the last plain line was written.
	drawn int
	last  time.Time
}

// New returns a screen on w.
func New(w io.Writer, o Options) *Screen {
	s := &Screen{w: w, width: o.Width, colour: o.Colour}
	if o.Width == nil || o.Plain {
		s.width = func() int { return 0 }
	}
	return s
}

// Show shows a view: at once on a terminal, else when the last line is old enough.
func (s *Screen) Show(v View) {
	s.pace.add(v)
	if columns := s.width(); columns >= narrowest {
		s.draw(v, columns)
		return
	}
	if s.last.IsZero() || v.At.Sub(s.last) >= Every {
		s.last = v.At
		fmt.Fprintln(s.w, s.plainLine(v))
	}
}

// Say writes a line that stays, above what is drawn.
func (s *Screen) Say(line string) {
	s.clear()
	fmt.Fprintln(s.w, line)
}

// Close shows the last view and leaves it standing.
func (s *Screen) Close(v View) {
	s.last, v.Over = time.Time{}, true
	s.Show(v)
	s.drawn = 0
}

// draw writes both lines over the ones before. Each begins with erasing its line, so that nothing of a longer one stays.
func (s *Screen) draw(v View, columns int) {
	up := ""
	if s.drawn > 0 {
		up = fmt.Sprintf("\x1b[%dA", s.drawn)
	}
	fmt.Fprintf(s.w, "%s\r\x1b[2K%s\n\r\x1b[2K%s\n", up, progressLine(v, columns, s.colours()), s.moneyLine(v, columns))
	s.drawn = 2
}

// clear removes what is drawn.
func (s *Screen) clear() {
	if s.drawn > 0 {
		fmt.Fprintf(s.w, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}
