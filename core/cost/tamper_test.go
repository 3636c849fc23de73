package cost_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

// verify follows the blocks from the empty head up to the head that is stored beside them. It returns the index of the
// first block that does not fit (their number when only the end is wrong) and the error.
func verify(bodies [][]byte, stored cost.Head) (int, error) {
	var head cost.Head
	for i, body := range bodies {
		next, _, err := head.Follow(body)
		if err != nil {
			return i, err
		}
		head = next
	}
	if head != stored {
		return len(bodies), fault.New(fault.Corrupt, "the ledger ends with entry %d, its head says %d", head.Seq, stored.Seq)
	}
	return -1, nil
}

// reseal gives a changed payload a correct hash of its own, as somebody would who knows the layout.
func reseal(t *testing.T, head cost.Head, block cost.Block) []byte {
	t.Helper()
	_, body, err := head.Append(block)
	require.NoError(t, err)
	return body
}

func TestTamperEveryByte(t *testing.T) {
	t.Parallel()
	bodies, heads := ledger(t, 3)
	at, err := verify(bodies, heads[3])
	require.NoError(t, err)
	require.Equal(t, -1, at)
	for i := range bodies {
		for position := range bodies[i] {
			for _, flip := range []byte{0x01, 0x80, 0xff} {
				changed := slices.Clone(bodies)
				changed[i] = slices.Clone(bodies[i])
				changed[i][position] ^= flip
				at, err := verify(changed, heads[3])
				require.ErrorIs(t, err, fault.Corrupt, "block %d byte %d flip %02x", i, position, flip)
				require.Equal(t, i, at, "block %d byte %d flip %02x", i, position, flip)
			}
		}
	}
}

func TestTamperBlocks(t *testing.T) {
	t.Parallel()
	bodies, heads := ledger(t, 4)
	forged := reseal(t, heads[1], cost.Block{First: heads[1].Seq + 1, At: noon(), Round: 1, Entries: []cost.Entry{hold(1), settle(7)}})
	for name, c := range map[string]struct {
		bodies [][]byte
		at     int
		says   string
	}{
		"DropFirst":       {bodies[1:], 0, "gap"},
		"DropMiddle":      {slices.Delete(slices.Clone(bodies), 1, 2), 1, "after entry 3: gap: the block begins with entry 7"},
		"DropLast":        {bodies[:3], 3, "ends with entry 9"},
		"DropAll":         {nil, 0, "ends with entry 0"},
		"Swap":            {[][]byte{bodies[0], bodies[2], bodies[1], bodies[3]}, 1, "gap"},
		"Repeat":          {slices.Insert(slices.Clone(bodies), 1, bodies[0]), 1, "gap"},
		"ReplaceByForged": {[][]byte{bodies[0], forged, bodies[2], bodies[3]}, 2, "gap"},
		"InsertForged":    {slices.Insert(slices.Clone(bodies), 1, forged), 2, "gap"},
		"Empty":           {[][]byte{{}, bodies[1]}, 0, "hash"},
		"OnlyAHash":       {[][]byte{bodies[0][len(bodies[0])-32:]}, 0, "too few"},
		"CutShort":        {[][]byte{bodies[0][:len(bodies[0])-1]}, 0, "hash"},
		"ByteAdded":       {[][]byte{append(slices.Clone(bodies[0]), 0)}, 0, "hash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, err := verify(c.bodies, heads[4])
			require.ErrorIs(t, err, fault.Corrupt)
			require.ErrorContains(t, err, c.says)
			require.Equal(t, c.at, at)
		})
	}
}

// TestTamperEntries rewrites one block with correct numbers and a correct hash of its own: the next block, or the head
// when it was the last, gives it away.
func TestTamperEntries(t *testing.T) {
	t.Parallel()
	bodies, heads := ledger(t, 3)
	for name, change := range map[string]func([]cost.Entry) []cost.Entry{
		"Amount":  func(e []cost.Entry) []cost.Entry { e[1].Amount--; return e },
		"Usage":   func(e []cost.Entry) []cost.Entry { e[1].Usage.Output++; return e },
		"Content": func(e []cost.Entry) []cost.Entry { e[1].Content[31] ^= 1; return e },
		"Drop":    func(e []cost.Entry) []cost.Entry { return e[:2] },
		"Swap":    func(e []cost.Entry) []cost.Entry { e[0], e[1] = e[1], e[0]; return e },
		"Insert":  func(e []cost.Entry) []cost.Entry { return append(e, settle(9)) },
		"Replace": func(e []cost.Entry) []cost.Entry { e[2] = hold(9); return e },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for i := range bodies {
				block, _, err := cost.ReadBlock(bodies[i])
				require.NoError(t, err)
				block.Entries = change(block.Entries)
				changed := slices.Clone(bodies)
				changed[i] = reseal(t, heads[i], block)
				at, err := verify(changed, heads[3])
				require.ErrorIs(t, err, fault.Corrupt)
				require.Equal(t, i+1, at)
			}
		})
	}
}

func TestFollowNewerVersion(t *testing.T) {
	t.Parallel()
	bodies, _ := ledger(t, 1)
	newer := slices.Clone(bodies[0])
	newer[0] = 2
	_, _, err := cost.ReadBlock(newer)
	require.ErrorIs(t, err, fault.Newer)

	_, _, err = cost.Head{}.Follow(newer)
	require.ErrorIs(t, err, fault.Corrupt, "the hash does not fit, so nobody's program wrote it")
	require.ErrorContains(t, err, "hash")

	head, block, err := cost.Head{}.Follow(withHash(cost.Head{}, newer[:len(newer)-32]))
	require.ErrorIs(t, err, fault.Newer)
	require.Zero(t, head)
	require.Zero(t, block)
}

func TestFollowBrokenBlockWithRightHash(t *testing.T) {
	t.Parallel()
	bodies, _ := ledger(t, 1)
	payload := slices.Clone(bodies[0][:len(bodies[0])-32])
	_, _, err := cost.Head{}.Follow(withHash(cost.Head{}, append(payload, 0)))
	require.ErrorIs(t, err, fault.Corrupt)
	require.ErrorContains(t, err, "more bytes than the entries take")
}
