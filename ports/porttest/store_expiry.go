package porttest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

var storeExpiries = map[string]storeTest{
	"Expiry/ReadsAbsentFromItsSecondOn":       expiryToTheSecond,
	"Expiry/IsCutToTheSecond":                 expiryCut,
	"Expiry/InThePastIsAbsentAtOnce":          expiryPast,
	"Expiry/ListSkipsWhatHasExpired":          expiryList,
	"Expiry/CanBeMovedAndRemoved":             expiryMoved,
	"Expiry/AnExpiredRecordIsWrittenOver":     expiryWrittenOver,
	"Expiry/AnExpiredRecordIsCreatedOver":     expiryCreatedOver,
	"Expiry/AnExpiredRecordIsDeleted":         expiryDeleted,
	"Expiry/LaterCommitsLeaveTheRenewedAlone": expiryRenewed,
	"Expiry/OneOfTwoWritersOverItWins":        expiryTwoWriters,
}

// whole moves the clock to a whole second, so that a test can count from it.
func (s *storeKit) whole() time.Time {
	now := s.Clock.Now().Truncate(time.Second).Add(time.Second)
	s.Clock.Set(now)
	return now
}

// expiring writes a record that expires at a time.
func (s *storeKit) expiring(key ports.Key, body string, at time.Time) {
	s.t.Helper()
	s.write(ports.Record{Key: key, Kind: "test", Body: []byte(body), Expires: at})
}

func expiryToTheSecond(t *testing.T, s *storeKit) {
	now := s.whole()
	s.expiring(storeKey("a"), "a", now.Add(10*time.Second))
	s.Clock.Set(now.Add(9*time.Second + 999*time.Millisecond))
	require.Equal(t, "a", s.body(storeKey("a")))
	require.Len(t, s.list(ports.Range{Partition: "partition"}), 1)
	s.Clock.Set(now.Add(10 * time.Second))
	s.absent(storeKey("a"))
	s.Clock.Set(now.Add(1000 * time.Hour))
	s.absent(storeKey("a"))
}

func expiryCut(t *testing.T, s *storeKit) {
	now := s.whole()
	s.expiring(storeKey("a"), "a", now.Add(2*time.Second+900*time.Millisecond).In(time.FixedZone("east", 7200)))
	require.True(t, s.get(storeKey("a")).Expires.Equal(now.Add(2*time.Second)))
	s.Clock.Set(now.Add(1999 * time.Millisecond))
	require.Equal(t, "a", s.body(storeKey("a")))
	s.Clock.Set(now.Add(2 * time.Second))
	s.absent(storeKey("a"))
}

func expiryPast(t *testing.T, s *storeKit) {
	for name, at := range map[string]time.Time{
		"now":        s.Clock.Now(),
		"before":     s.in(-time.Hour),
		"1970":       time.Unix(0, 0),
		"1960":       time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC),
		"the year 1": time.Time{}.Add(time.Nanosecond),
	} {
		s.expiring(storeKey(name), name, at)
		s.absent(storeKey(name))
		s.put(storeKey(name), "again")
		require.Equal(t, "again", s.body(storeKey(name)))
	}
}

func expiryList(t *testing.T, s *storeKit) {
	now := s.whole()
	for i := range 30 {
		at := now.Add(time.Second)
		if i%3 == 0 {
			at = time.Time{}
		}
		s.expiring(storeKey(number(i)), "a", at)
	}
	s.Clock.Set(now.Add(time.Second))
	var want []string
	for i := 0; i < 30; i += 3 {
		want = append(want, number(i))
	}
	for _, limit := range []int{0, 1, 4, 10, 11} {
		require.Equal(t, want, sorts(s.list(ports.Range{Partition: "partition", Limit: limit})))
	}
	require.Len(t, s.list(ports.Range{Partition: "partition", Limit: 3, Descending: true}), len(want))
}

func expiryMoved(t *testing.T, s *storeKit) {
	now := s.whole()
	for _, name := range []string{"later", "never", "sooner"} {
		s.expiring(storeKey(name), "first", now.Add(10*time.Second))
	}
	s.expiring(storeKey("later"), "second", now.Add(30*time.Second))
	s.expiring(storeKey("never"), "second", time.Time{})
	s.expiring(storeKey("sooner"), "second", now.Add(5*time.Second))
	s.Clock.Set(now.Add(5 * time.Second))
	s.absent(storeKey("sooner"))
	s.Clock.Set(now.Add(20 * time.Second))
	require.Equal(t, "second", s.body(storeKey("later")))
	s.Clock.Set(now.Add(30 * time.Second))
	s.absent(storeKey("later"))
	s.Clock.Set(now.Add(1000 * time.Hour))
	require.Equal(t, "second", s.body(storeKey("never")))
	require.True(t, s.get(storeKey("never")).Expires.IsZero())
}

// expired leaves a record behind that has expired, and says the version that it had.
func (s *storeKit) expired(key ports.Key) int64 {
	s.t.Helper()
	s.expiring(key, "expired", s.in(time.Second))
	version := s.get(key).Version
	s.Clock.Advance(2 * time.Second)
	s.absent(key)
	return version
}

func expiryWrittenOver(t *testing.T, s *storeKit) {
	key := storeKey("a")
	for range 3 {
		version := s.expired(key)
		require.NoError(t, s.update(func(tx ports.Tx) error {
			if record, there := tx.Get(key); there || record.Version != 0 || len(record.Body) > 0 {
				return fault.New(fault.Internal, "a decision sees something of an expired record: %v", record)
			}
			tx.Put(ports.Record{Key: key, Body: []byte("over")})
			return nil
		}, key))
		require.Equal(t, "over", s.body(key))
		require.Greater(t, s.get(key).Version, version)
	}
}

func expiryCreatedOver(t *testing.T, s *storeKit) {
	key := storeKey("a")
	version := s.expired(key)
	require.NoError(t, s.update(create(key, "over")))
	require.Equal(t, "over", s.body(key))
	require.Greater(t, s.get(key).Version, version)
	require.ErrorIs(t, s.update(create(key, "again")), fault.Conflict)
}

func expiryDeleted(t *testing.T, s *storeKit) {
	s.expired(storeKey("a"))
	s.delete(storeKey("a"))
	s.absent(storeKey("a"))
	require.NoError(t, s.update(create(storeKey("a"), "again")))
	require.Equal(t, "again", s.body(storeKey("a")))
}

// expiryRenewed lets records expire, writes over some of them and then commits so often that a store that clears up has
// done so.
func expiryRenewed(t *testing.T, s *storeKit) {
	for i := range 40 {
		s.expiring(storeKey(number(i)), "first", s.in(time.Minute))
	}
	for i := range 10 {
		s.expiring(storeKey(number(i)), "renewed in time", s.in(time.Hour))
	}
	s.Clock.Advance(2 * time.Minute)
	for i := 10; i < 20; i++ {
		require.NoError(t, s.update(create(storeKey(number(i)), "renewed too late")))
	}
	for i := range 60 {
		s.put(ports.Key{Partition: "other", Sort: number(i)}, "")
	}
	for i := range 40 {
		switch {
		case i < 10:
			require.Equal(t, "renewed in time", s.body(storeKey(number(i))))
		case i < 20:
			require.Equal(t, "renewed too late", s.body(storeKey(number(i))))
		default:
			s.absent(storeKey(number(i)))
		}
	}
}

// expiryTwoWriters lets several take what has expired: exactly one gets it.
func expiryTwoWriters(t *testing.T, s *storeKit) {
	for round := range 10 {
		key := storeKey(number(round))
		s.expired(key)
		results := sideBySide(4, func(i int) error {
			return s.update(func(tx ports.Tx) error {
				if _, there := tx.Get(key); there {
					return fault.New(fault.Locked, "another has it")
				}
				tx.Put(ports.Record{Key: key, Body: []byte(number(i))})
				return nil
			}, key)
		})
		won := 0
		for i, err := range results {
			if err == nil {
				won++
				require.Equal(t, number(i), s.body(key))
				continue
			}
			require.ErrorIs(t, err, fault.Locked)
		}
		require.Equal(t, 1, won)
	}
}
