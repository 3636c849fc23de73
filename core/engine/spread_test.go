package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/job"
)

// parcelOf is the parcel that a letter is about; -1 for a shard's note.
func parcelOf(t testing.TB, l *letter) int {
	note, err := job.ReadNote(l.body)
	require.NoError(t, err)
	if note.Parcel == nil {
		return -1
	}
	return *note.Parcel
}

// fanOut works on the shards' notes and returns the letters of the parcels that they send, in their order.
func fanOut(w *world) (letters []*letter) {
	for _, l := range w.mail.due() {
		if parcelOf(w.t, l) < 0 {
			w.do(func() { w.settleOne(l) })
		}
	}
	for _, l := range w.mail.due() {
		if parcelOf(w.t, l) >= 0 {
			letters = append(letters, l)
		}
	}
	return letters
}

// TestTheFirstParcelsAreOfAllTheJob: what comes first is spread over the job, and not its beginning alone.
func TestTheFirstParcelsAreOfAllTheJob(t *testing.T) {
	t.Parallel()
	// Of a job whose shards are small the parcels are sent for at once, without a message for each shard before.
	for _, size := range []struct{ parcels, messages int }{{15, 15}, {128, 128}, {129, 32}, {640, 32}} {
		w := newWorld(t, &engine.Options{ParcelSize: 1})
		w.submit(size.parcels)
		require.Len(t, w.mail.letters, size.messages)
		letters, halves, all := fanOut(w), [2]int{}, map[int]bool{}
		require.Len(t, letters, size.parcels)
		for i, l := range letters {
			parcel := parcelOf(t, l)
			all[parcel] = true
			if i < 4 {
				halves[2*parcel/size.parcels]++
			}
		}
		require.Len(t, all, size.parcels, "each is sent for")
		require.Positive(t, halves[0], "%+v", size)
		require.Positive(t, halves[1], "%+v", size)
	}
}
