package boltstore

import (
	"strconv"

	bolt "go.etcd.io/bbolt"

	"github.com/marketbrewer/marketbrewer/core/fault"
)

// layout is the version of the file's layout that this package writes, and the latest that it reads.
const layout = 1

var (
	// metaBucket holds the layout and the epoch, as decimal text.
	metaBucket = []byte("meta")
	// recordsBucket holds the records.
	recordsBucket = []byte("records")
	// expiryBucket has a row for every record that was given an expiry, by that time.
	expiryBucket = []byte("expiry")

	layoutKey = []byte("layout")
	epochKey  = []byte("epoch")
)

// layOut makes the buckets of an empty file.
func layOut(tx *bolt.Tx) error {
	for _, name := range [][]byte{metaBucket, recordsBucket, expiryBucket} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return tx.Bucket(metaBucket).Put(layoutKey, strconv.AppendInt(nil, layout, 10))
}

// raiseEpoch checks that the file is one of ours and counts this opening.
func raiseEpoch(path string, db *bolt.DB) (epoch int64, err error) {
	before := guard()
	defer func() {
		endGuard(before)
		if met := recover(); met != nil {
			err = openFailure(path, damage(met))
		}
	}()
	err = db.Update(func(tx *bolt.Tx) error {
		if first, _ := tx.Cursor().First(); first == nil {
			if err := layOut(tx); err != nil {
				return err
			}
		}
		if err := checkLayout(tx); err != nil {
			return err
		}
		meta := tx.Bucket(metaBucket)
		if before := meta.Get(epochKey); before != nil {
			if epoch, err = strconv.ParseInt(string(before), 10, 64); err != nil || epoch < 1 || epoch >= maxEpoch {
				return fault.New(fault.Corrupt, "its epoch %q is damaged: restore it from a backup", before)
			}
		}
		epoch++
		return meta.Put(epochKey, strconv.AppendInt(nil, epoch, 10))
	})
	if err != nil {
		return 0, openFailure(path, err)
	}
	return epoch, nil
}

func checkLayout(tx *bolt.Tx) error {
	meta := tx.Bucket(metaBucket)
	if meta == nil || meta.Get(layoutKey) == nil {
		return fault.New(fault.Invalid, "it is the bbolt file of another program: name another one")
	}
	text := string(meta.Get(layoutKey))
	version, err := strconv.Atoi(text)
	switch {
	case err != nil || version < 1:
		return fault.New(fault.Corrupt, "its layout %q is damaged: restore it from a backup", text)
	case version > layout:
		return fault.New(fault.Newer, "it was written by a newer version of this program (layout %d, known is %d): update the program, or name another file",
			version, layout)
	case tx.Bucket(recordsBucket) == nil || tx.Bucket(expiryBucket) == nil:
		return fault.New(fault.Corrupt, "one of its buckets is missing: restore it from a backup")
	}
	return nil
}
