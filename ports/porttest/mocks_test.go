package porttest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/mock/gomock"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/mocks"
	"github.com/marketbrewer/marketbrewer/ports"
)

var (
	_ ports.Store    = (*mocks.Store)(nil)
	_ ports.Tx       = (*mocks.Tx)(nil)
	_ ports.Queue    = (*mocks.Queue)(nil)
	_ ports.Sender   = (*mocks.Sender)(nil)
	_ ports.Model    = (*mocks.Model)(nil)
	_ ports.Clock    = (*mocks.Clock)(nil)
	_ ports.Group    = (*mocks.Group)(nil)
	_ ports.Box      = (*mocks.Box)(nil)
	_ ports.IDs      = (*mocks.IDs)(nil)
	_ ports.Observer = (*mocks.Observer)(nil)
	_ ports.Notifier = (*mocks.Notifier)(nil)
)

// sendNext sends the message that a record names, if there is one.
func sendNext(ctx context.Context, store ports.Store, sender ports.Sender) error {
	record, err := store.Get(ctx, ports.Key{Partition: "outbox", Sort: "next"})
	if err != nil {
		return err
	}
	return sender.Send(ctx, ports.Message{Body: record.Body})
}

func TestMocksProveInteraction(t *testing.T) {
	t.Parallel()
	ctrl := gomock.NewController(t)
	store, sender := mocks.NewStore(ctrl), mocks.NewSender(ctrl)
	key := ports.Key{Partition: "outbox", Sort: "next"}
	gomock.InOrder(
		store.EXPECT().Get(t.Context(), key).Return(ports.Record{}, fault.NotFound).Call,
		store.EXPECT().Get(t.Context(), key).Return(ports.Record{Body: []byte("body")}, nil).Call,
		sender.EXPECT().Send(t.Context(), ports.Message{Body: []byte("body")}).Return(nil).Call,
	)
	require.ErrorIs(t, sendNext(t.Context(), store, sender), fault.NotFound, "and nothing is sent")
	require.NoError(t, sendNext(t.Context(), store, sender))
}
