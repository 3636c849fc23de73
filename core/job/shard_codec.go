package job

import (
	"encoding/binary"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

const shardLayout = 1

// maxBitmap bounds the bitmap of ended parcels: 100 million tasks in parcels of one, over 32 shards.
const maxBitmap = maxTasks / MaxShards / 8

// Pack returns the header's stored form: below 1 KB up to 5 million tasks in full parcels.
func (s *Shard) Pack() []byte {
	w := pack(shardLayout, 224+len(s.Ended))
	w.count(s.Number)
	w.count(s.Tasks)
	w.count(s.Round)
	w.num(s.Wish)
	w.b = append(w.b, byte(s.Gate))
	for _, n := range s.Counts {
		w.num(int64(n))
	}
	for _, n := range s.Waiting {
		w.num(int64(n))
	}
	w.num(int64(s.Untouched))
	w.flag(s.Dropped)
	w.bytes(s.Ended)
	for _, v := range []cost.Pico{s.Account.Granted, s.Account.Drawn, s.Account.Held, s.Account.Settled, s.Account.Presumed, s.Account.Overrun} {
		w.num(int64(v))
	}
	w.num(s.Head.Seq)
	w.raw(s.Head.Hash[:])
	w.instant(s.Changed)
	w.instant(s.LeaseEnd)
	w.instant(s.Due)
	w.count(s.Nudges)
	w.num(int64(s.Short))
	w.count(s.Window.Seen)
	w.count(s.Window.Next)
	w.b = binary.BigEndian.AppendUint64(w.b, s.Window.Bits[0])
	w.b = binary.BigEndian.AppendUint64(w.b, s.Window.Bits[1])
	w.flag(s.Done)
	return w.done()
}

// UnpackShard reads a stored header. Errors: Corrupt, Newer.
func UnpackShard(body []byte) (Shard, error) {
	r, err := unpack("shard", shardLayout, body)
	if err != nil {
		return Shard{}, err
	}
	s := Shard{Number: r.count(MaxShards - 1), Tasks: r.count(maxTasks), Round: r.count(maxAttempts), Wish: r.amount(), Gate: Gate(r.raw(1)[0])}
	for i := range s.Counts {
		s.Counts[i] = int(r.amount())
	}
	for i := range s.Waiting {
		s.Waiting[i] = int(r.amount())
	}
	s.Untouched, s.Dropped = int(r.amount()), r.flag()
	s.Ended = append([]byte(nil), r.raw(r.count(min(maxBitmap, len(r.b))))...)
	for _, v := range []*cost.Pico{&s.Account.Granted, &s.Account.Drawn, &s.Account.Held, &s.Account.Settled, &s.Account.Presumed, &s.Account.Overrun} {
		*v = cost.Pico(r.amount())
	}
	s.Head.Seq = r.amount()
	copy(s.Head.Hash[:], r.raw(len(s.Head.Hash)))
	s.Changed, s.LeaseEnd, s.Due = r.instant(), r.instant(), r.instant()
	s.Nudges, s.Short = r.count(maxAttempts), cost.Pico(r.amount())
	s.Window.Seen, s.Window.Next = r.count(WindowSize), r.count(WindowSize-1)
	for i := range s.Window.Bits {
		s.Window.Bits[i] = binary.BigEndian.Uint64(r.raw(8))
	}
	s.Done = r.flag()
	if !s.Window.possible() {
		r.fail()
	}
	if err := r.done("shard"); err != nil {
		return Shard{}, err
	}
	if s.Gate > GateCancelled {
		return Shard{}, fault.New(fault.Corrupt, "shard: gate %d does not exist", s.Gate)
	}
	return s, nil
}
