package claudemodel

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lineReader reads a stream line by line, and holds one line in memory.
type lineReader struct {
	reader *bufio.Reader
	line   []byte
}

func newLineReader(stream io.Reader) *lineReader {
	return &lineReader{reader: bufio.NewReaderSize(stream, 64<<10)}
}

// next returns the next line without the spaces around it, valid until the next call. One that is longer than maxAnswer
// is empty. The last one has no line break after it and is often empty too. The error is the stream's, never io.EOF.
func (l *lineReader) next() (line []byte, last bool, err error) {
	l.line = l.line[:0]
	tooLong := false
	for {
		part, err := l.reader.ReadSlice('\n')
		if tooLong = tooLong || len(l.line)+len(part) > maxAnswer; !tooLong {
			l.line = append(l.line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, true, err
		case tooLong:
			return nil, err != nil, nil
		}
		return bytes.TrimSpace(l.line), err != nil, nil
	}
}
