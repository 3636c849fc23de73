package dynamostore_test

import (
	"math"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/adapters/dynamostore"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestAVersionFarAheadIsNotCatching reads a record whose version is damaged. Others keep to the clock, also those that are
// written with it, and it goes on by itself as far as versions do.
func TestAVersionFarAheadIsNotCatching(t *testing.T) {
	t.Parallel()
	const most = 1 << 62
	far := start.AddDate(11, 0, 0).UnixMicro()
	for version, writable := range map[int64]bool{far: true, most / 2: true, most - 1: true, most: false} {
		t.Run(strconv.FormatInt(version, 10), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, dynamostore.Options{})
			r.damage(t, "bad", version)
			record, err := r.Get(t.Context(), key("bad"))
			require.NoError(t, err)
			require.Equal(t, version, record.Version)

			both := func(tx ports.Tx) error {
				tx.Get(key("bad"))
				tx.Put(ports.Record{Key: key("bad")})
				return add(key("innocent"), "x")(tx)
			}
			err = r.Update(t.Context(), []ports.Key{key("bad"), key("innocent")}, both)
			require.Equal(t, writable, err == nil, err)
			if !writable {
				require.ErrorIs(t, err, fault.Corrupt)
				r.put(t, ports.Record{Key: key("innocent")})
			}
			record, err = r.Get(t.Context(), key("innocent"))
			require.NoError(t, err)
			require.Less(t, record.Version, start.Add(time.Second).UnixMicro())
			record, err = r.Get(t.Context(), key("bad"))
			require.NoError(t, err)
			require.Equal(t, writable, record.Version == version+1)
		})
	}
	r := newRig(t, dynamostore.Options{})
	r.damage(t, "bad", math.MaxInt64)
	_, err := r.Get(t.Context(), key("bad"))
	require.ErrorIs(t, err, fault.Corrupt)
}

// damage writes an item with a version of its own.
func (r *rig) damage(t *testing.T, sort string, version int64) {
	t.Helper()
	_, err := r.client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tableName), Item: item{
		"p": text("partition"), "s": text(sort), "v": number(strconv.FormatInt(version, 10)), "w": binary(make([]byte, 8)),
	}})
	require.NoError(t, err)
}
