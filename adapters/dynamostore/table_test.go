package dynamostore_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func TestCreateTable(t *testing.T) {
	t.Parallel()
	r := newRig(t, dynamostore.Options{})
	err := dynamostore.CreateTable(t.Context(), r.client, tableName)
	require.ErrorIs(t, err, fault.Conflict)
	require.ErrorContains(t, err, "create table "+tableName)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, dynamostore.CreateTable(ctx, r.client, "other"), context.Canceled)
}

// TestCreateTableSaysWhereItFailed lets each of its steps fail in turn.
func TestCreateTableSaysWhereItFailed(t *testing.T) {
	t.Parallel()
	for operation, words := range map[string]string{
		"CreateTable": "create table", "DescribeTable": "wait for table", "UpdateTimeToLive": "switch the TTL on of table",
	} {
		client := clientOf("http://dynamodb.test", &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if operationOf(r) == operation {
				return reply(400, errorBody("AccessDeniedException"))(r)
			}
			return reply(200, `{"Table":{"TableStatus":"ACTIVE"}}`)(r)
		})})
		err := dynamostore.CreateTable(t.Context(), client, "t")
		require.ErrorIs(t, err, fault.Unauthorized)
		require.ErrorContains(t, err, words)
	}
}
