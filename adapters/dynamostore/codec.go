package dynamostore

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"

	"github.com/marketbrewer/marketbrewer/ports"
)

// codec makes bodies smaller: raw DEFLATE. Its writers are large (more than half a megabyte), so they are used again. The
// zero value is ready.
type codec struct{ writers, readers sync.Pool }

// pack returns the body compressed, or nil where that does not make it smaller. The same body gives the same bytes.
func (c *codec) pack(body []byte) []byte {
	var packed bytes.Buffer
	packed.Grow(len(body) / 2)
	w, ok := c.writers.Get().(*flate.Writer)
	if ok {
		w.Reset(&packed)
	} else {
		w, _ = flate.NewWriter(&packed, flate.DefaultCompression) // fails for a level that does not exist alone
	}
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()        // the same
	c.writers.Put(w)
	if packed.Len() >= len(body) {
		return nil
	}
	return packed.Bytes()
}

// unpack is the inverse of pack. It says false for what pack has not made, and never makes more than ports.MaxBody bytes.
func (c *codec) unpack(packed []byte) ([]byte, bool) {
	from := bytes.NewReader(packed)
	r, ok := c.readers.Get().(io.ReadCloser)
	if ok {
		_ = r.(flate.Resetter).Reset(from, nil) // never fails
	} else {
		r = flate.NewReader(from)
	}
	defer c.readers.Put(r)
	var body bytes.Buffer
	body.Grow(4 * len(packed))
	_, err := io.Copy(&body, io.LimitReader(r, ports.MaxBody+1))
	if err != nil || body.Len() > ports.MaxBody || from.Len() > 0 {
		return nil, false
	}
	return body.Bytes(), true
}
