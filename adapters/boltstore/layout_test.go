package boltstore_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/ports"
)

// TestTheFileIsAsDocumented reads a file with bbolt alone, as docs/store.md says.
func TestTheFileIsAsDocumented(t *testing.T) {
	t.Parallel()
	path := storePath(t)
	require.NoError(t, open(t, path, newClock(), nil).Close())
	store := open(t, path, newClock(), nil)
	at := time.Date(2030, time.January, 2, 3, 4, 5, 600, time.UTC)
	require.NoError(t, store.Update(t.Context(), nil, func(tx ports.Tx) error {
		tx.Create(ports.Record{Key: ports.Key{Partition: "job", Sort: "header"}, Kind: "job", Body: []byte("body")})
		tx.Create(ports.Record{Key: ports.Key{Partition: "job", Sort: "expiring"}, Expires: at})
		return nil
	}))
	require.NoError(t, store.Close())

	db, err := bolt.Open(path, 0o600, &bolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var rows []string
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		require.Equal(t, "1", string(tx.Bucket([]byte("meta")).Get([]byte("layout"))))
		require.Equal(t, "2", string(tx.Bucket([]byte("meta")).Get([]byte("epoch"))))
		expiry, _ := tx.Bucket([]byte("expiry")).Cursor().First()
		require.Equal(t, append(binary.BigEndian.AppendUint64(nil, uint64(at.Unix())), "job\x00expiring"...), expiry)
		return tx.Bucket([]byte("records")).ForEach(func(key, value []byte) error {
			partition, sort, _ := bytes.Cut(key, []byte{0})
			version := binary.BigEndian.Uint64(value[1:9])
			expires := binary.BigEndian.Uint64(value[9:17])
			size, n := binary.Uvarint(value[17:])
			kind, body := value[17+n:17+n+int(size)], value[17+n+int(size):]
			rows = append(rows, fmt.Sprintf("%d %s %s %q %x %d %q", value[0], partition, sort, kind, version, expires, body))
			return nil
		})
	}))
	require.Equal(t, []string{
		fmt.Sprintf(`1 job expiring "" 20000000002 %d ""`, at.Unix()),
		`1 job header "job" 20000000001 0 "body"`,
	}, rows)
}
