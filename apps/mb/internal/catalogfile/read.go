package catalogfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	// maxSize is the largest catalog file in bytes. The largest catalog that the rules allow takes about 7 MiB.
	maxSize = 8 << 20
	// maxParts bounds the entries of a file before it is parsed: a parsed entry takes some hundred bytes of memory, and a
	// file of nothing but commas would take gigabytes.
	maxParts = 1_000_000
	// partMarks are the bytes that each entry of a YAML or JSON file needs at least one of.
	partMarks = "\n,:[{-?&*"
)

// byteOrderMark may lead a UTF-8 file.
const byteOrderMark = "\xef\xbb\xbf"

// source is the text of a catalog file.
type source struct {
	path string
	// data is the text without a byte order mark; marked says that there was one.
	data   []byte
	marked bool
	yaml   bool
}

// readSource reads a file that can be looked at as YAML or JSON.
func readSource(path string) (source, Problems) {
	raw, err := readFile(path, maxSize)
	if err != nil {
		return source{}, Problems{{File: path, Message: err.Error()}}
	}
	return sourceOf(path, raw)
}

// sourceOf is a text as a source.
func sourceOf(path string, raw []byte) (source, Problems) {
	s := source{path: path}
	s.data, s.marked = bytes.CutPrefix(raw, []byte(byteOrderMark))
	if p := checkText(s.data); p != nil {
		p.File = path
		return source{}, Problems{*p}
	}
	s.yaml = isYAML(path, s.data)
	return s, nil
}

// readFile reads at most limit bytes. Its error says in one line what to do.
func readFile(path string, limit int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(err)
	}
	defer func() { _ = f.Close() }()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("this is a directory; name a file")
	}
	data, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %s", plainCause(err))
	case len(data) > limit:
		return nil, fmt.Errorf("larger than %d MiB; make it smaller", limit>>20)
	}
	return data, nil
}

func openError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("there is no such file; check its name")
	case errors.Is(err, fs.ErrPermission):
		return errors.New("no permission to read it; change its mode or its owner")
	}
	return fmt.Errorf("cannot be opened: %s", plainCause(err))
}

// plainCause leaves out the operation and the path, which the message has already.
func plainCause(err error) string {
	var pathError *fs.PathError
	if errors.As(err, &pathError) {
		err = pathError.Err
	}
	return strings.ReplaceAll(err.Error(), "\n", " ")
}

// isYAML decides by the name, else by the first character.
func isYAML(path string, data []byte) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml":
		return true
	case ".json":
		return false
	}
	return !bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{"))
}

// checkText refuses what no parser should be given.
func checkText(data []byte) *Problem {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return &Problem{Message: "this is UTF-16; save the file as UTF-8"}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return &Problem{Message: "the file is empty; begin with business:, see mb's sample catalogs"}
	}
	parts := 0
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return problemAt(data, i, "byte 0x%02X is not valid UTF-8; save the file as UTF-8", data[i])
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f:
			return problemAt(data, i, "control character U+%04X; remove it", r)
		case strings.ContainsRune(partMarks, r):
			parts++
		}
		i += size
	}
	if parts > maxParts {
		return &Problem{Message: fmt.Sprintf("more than %d entries; a catalog has at most some ten thousand", maxParts)}
	}
	return nil
}

func problemAt(data []byte, offset int, format string, args ...any) *Problem {
	line, column := position(data, offset)
	return &Problem{Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
}

// position is the line and the column, in characters, of the byte at offset; both from 1.
func position(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(before[start:]) + 1
}
