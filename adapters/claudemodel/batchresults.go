package claudemodel

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/marketbrewer/marketbrewer/ports"
)

// BatchResults hands the lines of an ended batch to do. See ports.BatchModel. What do takes of time counts towards no
// limit but the context's own.
func (m *Model) BatchResults(ctx context.Context, id string, do func(ports.BatchResult) error) error {
	x, err := about("read results of", id)
	if err != nil {
		return err
	}
	x.streams, x.wants = true, "list of results"
	within, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(m.timeout, func() { cancel(context.DeadlineExceeded) })
	defer late.Stop()
	// The client's own reading of the lines ends at the first one that it cannot read, so the stream is read here.
	m.exchange(ctx, x, func(key option.RequestOption) error {
		late.Reset(m.timeout)
		unused := m.client.Messages.Batches.ResultsStreaming(x.within(within), id, anthropic.MessageBatchResultsParams{},
			key, option.WithRequestTimeout(0))
		return causeOf(within, unused.Err())
	})
	if x.stream == nil {
		return m.failure(x)
	}
	defer x.stream.Close()
	done, err := m.readResults(&patient{reader: x.stream, late: late, limit: m.timeout}, do)
	if done {
		return err
	}
	x.end(ctx, causeOf(within, err))
	return m.failure(x)
}

// readResults reads line by line. It says done when all were read or do ended it.
func (m *Model) readResults(stream io.Reader, do func(ports.BatchResult) error) (done bool, err error) {
	lines := newLineReader(stream)
	for {
		line, last, err := lines.next()
		if err != nil {
			return false, err
		}
		result, ok := m.resultOf(line)
		switch {
		case ok:
			if err := do(result); err != nil {
				return true, err
			}
		case last && len(line) > 0 && !json.Valid(line):
			return false, io.ErrUnexpectedEOF // where nothing says how long the stream is, a cut looks like this
		}
		if last {
			return true, nil
		}
	}
}

// causeOf is why a context that was made here has ended, or else err.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && err != nil {
		return cause
	}
	return err
}

// patient is a stream of which each read has its own time limit.
type patient struct {
	reader io.Reader
	late   *time.Timer
	limit  time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	p.late.Reset(p.limit)
	defer p.late.Stop()
	return p.reader.Read(b)
}
