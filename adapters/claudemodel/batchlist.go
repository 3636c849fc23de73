package claudemodel

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

const (
	// batchPage is how many batches one request lists; the most that the provider gives.
	batchPage = 100
	// maxBatchPages bounds a listing: the batches are kept for 29 days, and a provider whose list has no end is broken.
	maxBatchPages = 100
)

// ListBatches lists the batches that were created at or after since, newest first. See ports.BatchModel. A list of which
// a part cannot be read is an error: a batch that is overlooked would be sent again.
func (m *Model) ListBatches(ctx context.Context, since time.Time) ([]ports.Batch, error) {
	var found []ports.Batch
	after := ""
	for range maxBatchPages {
		page, more, err := m.listPage(ctx, after)
		if err != nil {
			return nil, err
		}
		for _, batch := range page {
			if batch.Created.Before(since) {
				more = false // of this page the rest is looked at all the same: nobody promises the order to the microsecond
				continue
			}
			found = append(found, batch)
		}
		if !more {
			slices.SortStableFunc(found, func(a, b ports.Batch) int { return b.Created.Compare(a.Created) })
			return found, nil
		}
		after = page[len(page)-1].ID
	}
	return nil, fault.New(fault.Unavailable, "claudemodel: list batches: the list has no end after %d pages", maxBatchPages)
}

// listPage reads the batches that come after the given one, and whether there are more; then there is at least one.
func (m *Model) listPage(ctx context.Context, after string) (page []ports.Batch, more bool, err error) {
	params := anthropic.MessageBatchListParams{Limit: anthropic.Int(batchPage)}
	if after != "" {
		params.AfterID = anthropic.String(after)
	}
	x := &exchange{doing: "list batches", wants: "list of batches"}
	m.exchange(ctx, x, func(key option.RequestOption) error {
		_, err := m.client.Messages.Batches.List(x.within(ctx), params, key, unread())
		return err
	})
	if x.status == http.StatusOK && x.whole {
		if page, more, ok := pageOf(x.body); ok {
			return page, more, nil
		}
	}
	return nil, false, m.failure(x)
}

func pageOf(body []byte) (page []ports.Batch, more, ok bool) {
	var sent struct {
		Data []json.RawMessage `json:"data"`
		More bool              `json:"has_more"`
	}
	if json.Unmarshal(body, &sent) != nil || sent.Data == nil || (sent.More && len(sent.Data) == 0) {
		return nil, false, false
	}
	for _, text := range sent.Data {
		batch, ok := batchOf(text)
		if !ok {
			return nil, false, false
		}
		page = append(page, batch)
	}
	return page, sent.More, true
}
