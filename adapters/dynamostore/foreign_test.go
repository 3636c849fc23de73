package dynamostore_test

import (
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// TestAnswersThatAreNotDynamoDBs come from what stands between: with a page of HTML, or with nothing.
func TestAnswersThatAreNotDynamoDBs(t *testing.T) {
	t.Parallel()
	const once, thrice = 1, 3
	for status, c := range map[int]struct {
		kind    fault.Kind
		sent    int
		unknown bool
	}{
		401: {fault.Rejected, once, false},
		403: {fault.Rejected, once, false},
		407: {fault.Rejected, once, false},
		404: {fault.Rejected, once, true},
		408: {fault.Unavailable, thrice, true},
		413: {fault.Rejected, once, true},
		429: {fault.Throttled, thrice, false},
		499: {fault.Rejected, once, true},
		500: {fault.Unavailable, thrice, true},
		504: {fault.Unavailable, thrice, true},
	} {
		for _, body := range []string{"", "<html>"} {
			t.Run(strconv.Itoa(status)+body, func(t *testing.T) {
				t.Parallel()
				arrived := 0
				client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(q *http.Request) (*http.Response, error) {
					arrived++
					return reply(status, body)(q)
				})})
				store := storeOn(t, client, restless{porttest.NewClock(start)}, 1, &dynamostore.Options{Retries: 2})
				_, err := store.Get(t.Context(), key("a"))
				requireFailure(t, err, c.kind, false)
				require.ErrorContains(t, err, "HTTP status "+strconv.Itoa(status))
				require.Equal(t, c.sent, arrived)

				err = store.Update(t.Context(), nil, create(key("a"), "a"))
				require.ErrorContains(t, err, "HTTP status "+strconv.Itoa(status))
				require.Equal(t, c.unknown, fault.Unknown(err), err)
				if !c.unknown {
					require.Equal(t, c.kind, fault.KindOf(err))
				}
			})
		}
	}
}

// TestNothingIsNoSuccess answers every request with status 200 and no body, which the client reads as an empty answer: a
// write that was done, a record that is absent, a list of nothing.
func TestNothingIsNoSuccess(t *testing.T) {
	t.Parallel()
	client := clientOf("http://dynamodb.test", &http.Client{Transport: reply(200, "")})
	store := storeOn(t, client, restless{porttest.NewClock(start)}, 1, &dynamostore.Options{Retries: 2})
	_, err := store.Get(t.Context(), key("a"))
	requireFailure(t, err, fault.Unavailable, false)
	require.ErrorContains(t, err, "HTTP status 200")
	_, err = store.List(t.Context(), ports.Range{Partition: "partition"})
	requireFailure(t, err, fault.Unavailable, false)
	requireFailure(t, store.Update(t.Context(), []ports.Key{key("a"), key("b")}, get("a", "b")), fault.Unavailable, false)
	for _, decide := range []func(ports.Tx) error{
		create(key("a"), "a"),
		func(tx ports.Tx) error { _ = create(key("a"), "a")(tx); return create(key("b"), "b")(tx) },
	} {
		requireFailure(t, store.Update(t.Context(), nil, decide), fault.Unavailable, true)
	}
}

// TestAWriteIsNotDoneByNothing has the first answer without a body, and sends the write again.
func TestAWriteIsNotDoneByNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	n, base := 0, direct(r.fake)
	client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(q *http.Request) (*http.Response, error) {
		if n++; n == 1 {
			return reply(200, "")(q)
		}
		return base(q)
	})})
	require.NoError(t, storeOn(t, client, restless{r.clock}, 2, nil).Update(t.Context(), nil, create(key("a"), "a")))
	require.Equal(t, "a", r.body(t, key("a")))
}
