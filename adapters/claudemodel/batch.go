package claudemodel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/anthropics/anthropic-sdk-go"
	"github.com/anthropics/anthropic-sdk-go/option"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// CreateBatch sends the lines as one batch. See ports.BatchModel. A line whose request cannot be sent is Rejected, as by
// Call, and named.
func (m *Model) CreateBatch(ctx context.Context, lines []ports.BatchLine) (ports.Batch, error) {
	params, err := batchParamsOf(lines, ports.MaxBatchBytes)
	if err != nil {
		return ports.Batch{}, err
	}
	x := &exchange{doing: fmt.Sprintf("create batch of %d", len(lines)), wants: "batch"}
	x.prompts, x.mute = promptsOf(lines)
	m.exchange(ctx, x, func(key option.RequestOption) error {
		_, err := m.client.Messages.Batches.New(x.within(ctx), params, key, unread())
		return err
	})
	return m.batch(x)
}

// GetBatch says how a batch stands. See ports.BatchModel.
func (m *Model) GetBatch(ctx context.Context, id string) (ports.Batch, error) {
	x, err := about("get", id)
	if err != nil {
		return ports.Batch{}, err
	}
	m.exchange(ctx, x, func(key option.RequestOption) error {
		_, err := m.client.Messages.Batches.Get(x.within(ctx), id, anthropic.MessageBatchGetParams{}, key, unread())
		return err
	})
	return m.batch(x)
}

// CancelBatch asks to end a batch early. See ports.BatchModel. It is not documented what the provider says of a batch
// that has ended; if it refuses, a second request reads how the batch stands.
func (m *Model) CancelBatch(ctx context.Context, id string) (ports.Batch, error) {
	x, err := about("cancel", id)
	if err != nil {
		return ports.Batch{}, err
	}
	m.exchange(ctx, x, func(key option.RequestOption) error {
		_, err := m.client.Messages.Batches.Cancel(x.within(ctx), id, anthropic.MessageBatchCancelParams{}, key, unread())
		return err
	})
	batch, err := m.batch(x)
	if err == nil || (x.status != http.StatusBadRequest && x.status != http.StatusConflict) {
		return batch, err
	}
	if stands, errGet := m.GetBatch(ctx, id); errGet == nil && stands.State != ports.BatchInProgress {
		return stands, nil
	}
	return ports.Batch{}, err
}

// unread keeps the client from making anything of a response; the exchange has it.
func unread() option.RequestOption { return option.WithResponseBodyInto(new([]byte)) }

// about begins an exchange about one batch. An id that no provider can have given is not sent: it stands in the address.
func about(verb, id string) (*exchange, error) {
	if !isName(id, maxBatchID) {
		return nil, fault.New(fault.NotFound, "claudemodel: %s batch: the id is none of the provider's", verb)
	}
	return &exchange{doing: verb + " batch " + id, wants: "batch", names: true}, nil
}

// batch reads the outcome of an exchange that is about one batch.
func (m *Model) batch(x *exchange) (ports.Batch, error) {
	if x.status == http.StatusOK && x.whole {
		if batch, ok := batchOf(x.body); ok {
			return batch, nil
		}
	}
	return ports.Batch{}, m.failure(x)
}

// batchOf reads a batch as the provider describes it; false when something that is needed is not there. A state that is
// not known is handed on.
func batchOf(body []byte) (ports.Batch, bool) {
	var sent struct {
		Type    string           `json:"type"`
		ID      string           `json:"id"`
		State   ports.BatchState `json:"processing_status"`
		Created time.Time        `json:"created_at"`
		Expires time.Time        `json:"expires_at"`
		Counts  *struct {
			Processing, Succeeded, Errored, Canceled, Expired int
		} `json:"request_counts"`
	}
	if json.Unmarshal(body, &sent) != nil || sent.Type != "message_batch" || !isName(sent.ID, maxBatchID) ||
		sent.State == "" || sent.Created.IsZero() || sent.Counts == nil {
		return ports.Batch{}, false
	}
	c := *sent.Counts
	if min(c.Processing, c.Succeeded, c.Errored, c.Canceled, c.Expired) < 0 {
		return ports.Batch{}, false
	}
	return ports.Batch{
		ID: sent.ID, State: sent.State, Created: sent.Created.UTC(), Expires: sent.Expires.UTC(),
		Processing: c.Processing, Succeeded: c.Succeeded, Errored: c.Errored, Canceled: c.Canceled, Expired: c.Expired,
	}, true
}
