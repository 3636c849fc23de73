package lambdasim

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

const (
	deleteTries   = 3
	throttlePause = 100 * time.Millisecond
)

// settle invokes the function and deletes what it has done. Everything else is left to the queue's visibility timeout.
func (m *Mapping) settle(ctx context.Context, b *batch) {
	result, err := m.invoke(ctx, b.event())
	if err != nil || result.Error != nil {
		m.count(func(c *Counts) { c.FailedBatches++ })
		return
	}
	failed := map[string]bool{}
	if m.config.ReportBatchItemFailures {
		var ok bool
		if failed, ok = partialFailures(result.Payload, b.ids); !ok {
			m.count(func(c *Counts) { c.FailedBatches++ })
			return
		}
	}
	m.count(func(c *Counts) { c.FailedItems += len(failed) })
	for handles := range slices.Chunk(b.succeeded(failed), ReceiveMost) {
		m.delete(ctx, handles)
	}
}

// invoke hands the batch over, again and again while the function is throttled and the messages are still invisible.
func (m *Mapping) invoke(ctx context.Context, event []byte) (Result, error) {
	end := time.Now().Add(m.config.Visibility)
	for {
		result, err := m.config.Function.Invoke(ctx, event)
		if !errors.Is(err, fault.Throttled) {
			return result, err
		}
		m.count(func(c *Counts) { c.Throttled++ })
		if time.Until(end) <= throttlePause {
			m.count(func(c *Counts) { c.Dropped++ })
			return result, err
		}
		pause(ctx, throttlePause)
	}
}

// delete makes and counts the requests that delete some messages. What cannot be deleted comes back.
func (m *Mapping) delete(ctx context.Context, handles []string) {
	bytes := 0
	for _, handle := range handles {
		bytes += len(handle)
	}
	for range deleteTries {
		err := m.config.Source.Delete(ctx, handles)
		m.count(func(c *Counts) {
			c.Deletes++
			c.Units += units(bytes)
			if err != nil {
				c.DeleteErrors++
			} else {
				c.Deleted += len(handles)
			}
		})
		if err == nil {
			return
		}
	}
}
