package porttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeRandoms = map[string]storeTest{
	"Random/AgreesWithTheModel1": randomRun(1),
	"Random/AgreesWithTheModel2": randomRun(2),
	"Random/AgreesWithTheModel3": randomRun(3),
	"Random/AgreesWithTheModel4": randomRun(4),
}

const randomSteps = 250

func randomRun(seed uint64) storeTest {
	return func(t *testing.T, s *storeKit) {
		clock := NewClock(time.Unix(0, 0))
		model := StoreUnderTest{Store: newStoreModel(clock), Clock: clock}
		compareStores(t, seed, s.StoreUnderTest, model)
	}
}

// StoresAgree puts two stores through the same random runs, one for each seed, and demands that they say the same all
// the way. The runs depend on the seed alone.
func StoresAgree(t *testing.T, seeds []uint64, one, other func(t *testing.T) StoreUnderTest) {
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("Random/AgreesWithTheOther%d", seed), func(t *testing.T) {
			t.Parallel()
			compareStores(t, seed, one(t), other(t))
		})
	}
}

func compareStores(t *testing.T, seed uint64, one, other StoreUnderTest) {
	a, b := newRandomStore(t, seed, one), newRandomStore(t, seed, other)
	for step := range randomSteps {
		said, expected := a.step(t), b.step(t)
		require.Equal(t, expected, said, "the stores differ in step %d of the run with seed %d", step, seed)
	}
}

// randomStore drives a store by chance and puts what it says into words.
type randomStore struct {
	StoreUnderTest
	random   *rand.Rand
	start    time.Time
	versions map[ports.Key]int64
}

func newRandomStore(t *testing.T, seed uint64, s StoreUnderTest) *randomStore {
	start := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	s.Clock.Set(start)
	t.Logf("random run with seed %d", seed)
	return &randomStore{StoreUnderTest: s, random: rand.New(rand.NewPCG(seed, 1)), start: start, versions: map[ports.Key]int64{}}
}

// step does one random thing. Its choices must not depend on what the store says.
func (s *randomStore) step(t *testing.T) string {
	switch n := s.random.IntN(100); {
	case n < 60:
		return s.update(t.Context())
	case n < 70:
		return s.get(t.Context())
	case n < 88:
		return s.list(t.Context())
	case n < 97:
		by := time.Duration(s.random.IntN(4000)) * time.Millisecond
		s.Clock.Advance(by)
		return fmt.Sprint("clock + ", by)
	default:
		if s.Reopen != nil {
			s.Store = s.Reopen(t)
		}
		return "opened again"
	}
}

func (s *randomStore) key() ports.Key {
	return ports.Key{Partition: fmt.Sprint("p", s.random.IntN(3)), Sort: fmt.Sprint(s.random.IntN(15))}
}

func (s *randomStore) keys(most int) []ports.Key {
	keys := make([]ports.Key, s.random.IntN(most+1))
	for i := range keys {
		keys[i] = s.key()
	}
	return keys
}

func (s *randomStore) get(ctx context.Context) string {
	key := s.key()
	record, err := s.Store.Get(ctx, key)
	return fmt.Sprintf("get %v: %s %s", key, s.words(record), kindIn(err))
}

func (s *randomStore) list(ctx context.Context) string {
	r := ports.Range{Partition: s.key().Partition, Descending: s.random.IntN(2) == 0, Limit: s.random.IntN(5)}
	if s.random.IntN(2) == 0 {
		r.From = s.key().Sort
	}
	if s.random.IntN(2) == 0 {
		r.To = s.key().Sort
	}
	records, err := storeWalk(ctx, s.Store, r)
	text := fmt.Sprintf("list %+v: %s", r, kindIn(err))
	for _, record := range records {
		text += "\n\t" + s.words(record)
	}
	return text
}

// words tells everything of a record but its version, which every store gives in its own way.
func (s *randomStore) words(record ports.Record) string {
	expires := "never"
	if !record.Expires.IsZero() {
		expires = record.Expires.Sub(s.start).String()
	}
	return fmt.Sprintf("%s/%s %q %q %s", record.Key.Partition, record.Key.Sort, record.Kind, record.Body, expires)
}

// update runs a random decision. Every run of it draws the same numbers, from a seed of its own.
func (s *randomStore) update(ctx context.Context) string {
	named, read, written := s.keys(4), s.keys(5), s.keys(3)
	seed := s.random.Uint64()
	var text string
	var got []ports.Record
	err := s.Store.Update(ctx, named, func(tx ports.Tx) error {
		text, got = "", nil
		random := rand.New(rand.NewPCG(seed, 2))
		for _, key := range append(read, written...) {
			record, there := tx.Get(key)
			text += fmt.Sprintf("\n\t%t %s", there, s.words(record))
			got = append(got, record)
		}
		text += s.write(tx, random, written)
		if random.IntN(10) == 0 {
			return fault.New(fault.Budget, "by chance")
		}
		return nil
	})
	for _, record := range got {
		err = errors.Join(err, s.goesUp(record))
	}
	return fmt.Sprintf("update %v: %s %s", named, kindIn(err), text)
}

// goesUp fails if a record is seen with a lower version than before. One that was read beside the last write may repeat.
func (s *randomStore) goesUp(record ports.Record) error {
	if record.Version < s.versions[record.Key] {
		return fault.New(fault.Internal, "the version of %v went from %d to %d", record.Key, s.versions[record.Key], record.Version)
	}
	if record.Version > 0 {
		s.versions[record.Key] = record.Version
	}
	return nil
}

func (s *randomStore) write(tx ports.Tx, random *rand.Rand, keys []ports.Key) (text string) {
	now := s.Clock.Now()
	for _, key := range keys {
		record := ports.Record{Key: key, Kind: fmt.Sprint("k", random.IntN(3)), Body: make([]byte, random.IntN(9))}
		for i := range record.Body {
			record.Body[i] = byte(random.IntN(256))
		}
		if random.IntN(3) == 0 {
			record.Expires = now.Add(time.Duration(random.IntN(9000)) * time.Millisecond).Truncate(time.Second)
		}
		what := random.IntN(100)
		text += fmt.Sprintf("\n\t%d -> %s", what, s.words(record))
		switch {
		case what < 50:
			tx.Put(record)
		case what < 70:
			tx.Create(record)
		case what < 95:
			tx.Delete(key)
		case what < 97:
			tx.Put(ports.Record{Key: ports.Key{Partition: "p0", Sort: "unread"}})
		}
	}
	return text
}
