package faultport_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/marketbrewer/marketbrewer/adapters/faultport"
	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A plan without rules changes nothing: whatever it wraps still passes its suite.

func TestStoreWithoutRules(t *testing.T) {
	porttest.Store(t, func(*testing.T) porttest.StoreUnderTest {
		clock := porttest.NewClock(time.Date(2026, time.April, 1, 12, 0, 0, 0, time.UTC))
		store := faultport.NewPlan(clock).Store(memstore.New(clock, nil))
		return porttest.StoreUnderTest{Store: store, Clock: clock, Optimistic: true}
	})
}

func TestQueueWithoutRules(t *testing.T) {
	features := porttest.QueueFeatures{Visibility: time.Minute, MaxReceives: 3, Ordered: true, Fair: true, Once: true}
	porttest.Queue(t, features, func(*testing.T) (ports.Queue, porttest.Time) {
		tm := porttest.Manual()
		queue := memqueue.New(tm.Clock, &memqueue.Options{Visibility: time.Minute, MaxReceives: 3})
		return faultport.NewPlan(tm.Clock).Queue(queue), tm
	})
}

func TestClockWithoutRules(t *testing.T) {
	porttest.Clock(t, func(*testing.T) porttest.Time {
		tm := porttest.Manual()
		tm.Clock = faultport.NewPlan(tm.Clock).Clock(tm.Clock)
		return tm
	})
}

func TestGroupWithoutRules(t *testing.T) {
	porttest.Group(t, func(*testing.T) (ports.Group, porttest.Time) {
		tm := porttest.Time{Clock: sysclock.Clock{}, Elapse: time.Sleep}
		return faultport.NewPlan(tm.Clock).Group(sysclock.Group{}), tm
	})
}

func TestIDsWithoutRules(t *testing.T) {
	porttest.IDs(t, func(*testing.T) ports.IDs { return faultport.NewPlan(nil).IDs(porttest.NewIDs(1)) })
}

func TestObserverWithoutRules(t *testing.T) {
	porttest.Observer(t, func(*testing.T) (ports.Observer, func() int) {
		recorder := &porttest.Recorder{}
		return faultport.NewPlan(nil).Observer(recorder), func() int { return len(recorder.Events()) }
	})
}

func TestNotifierWithoutRules(t *testing.T) {
	porttest.Notifier(t, func(*testing.T) porttest.NotifierUnderTest {
		recorder := &porttest.Recorder{}
		return porttest.NotifierUnderTest{
			Notifier: faultport.NewPlan(nil).Notifier(recorder), Received: recorder.Notices, Refuse: recorder.Refuse,
		}
	})
}
