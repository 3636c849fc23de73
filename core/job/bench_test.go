package job_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/job"
)

// BenchmarkParcelPack and BenchmarkParcelUnpack take a parcel in its worst ordinary state, as each lease and settle does.
func BenchmarkParcelPack(b *testing.B) {
	p := worstParcel()
	b.SetBytes(int64(len(p.Pack())))
	b.ReportAllocs()
	for b.Loop() {
		p.Pack()
	}
}

func BenchmarkParcelUnpack(b *testing.B) {
	p := worstParcel()
	body := p.Pack()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := job.UnpackParcel(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkShardPack and BenchmarkShardUnpack take a shard of a job of 100,000 tasks.
func BenchmarkShardPack(b *testing.B) {
	s := largeShard()
	b.SetBytes(int64(len(s.Pack())))
	b.ReportAllocs()
	for b.Loop() {
		s.Pack()
	}
}

func BenchmarkShardUnpack(b *testing.B) {
	s := largeShard()
	body := s.Pack()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := job.UnpackShard(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStored packs and reads back an answer of the ordinary size.
func BenchmarkStored(b *testing.B) {
	stored := ordinaryAnswer()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := job.UnpackStored(stored.Pack()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReadNote reads a message, as each delivery does.
func BenchmarkReadNote(b *testing.B) {
	body := job.ParcelNote(&job.Job{ID: jobID, Tenant: "harbor-plumbing", RequestID: "req-1"}, 1700).Pack()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := job.ReadNote(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnpackJob reads a header, as each draw of money does.
func BenchmarkUnpackJob(b *testing.B) {
	body, err := fullJob().Pack()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := job.UnpackJob(body); err != nil {
			b.Fatal(err)
		}
	}
}

// TestHotRecordsAllocateLittle: a parcel is one buffer when packed; when read it is its tasks, its attempts and the texts of
// their terms. More than that is paid by every lease and settle.
func TestHotRecordsAllocateLittle(t *testing.T) {
	p, s := worstParcel(), largeShard()
	parcel, shard := p.Pack(), s.Pack()
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { p.Pack() }), 2.0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = job.UnpackParcel(parcel) }), 4.0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { s.Pack() }), 1.0)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = job.UnpackShard(shard) }), 1.0)
}
