package books

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/quota"
	"github.com/marketbrewer/marketbrewer/ports"
)

const who = "a call"

var modelKey = ports.Key{Partition: "provider", Sort: "m"}

// paceDesk writes the record of a model, and lets time pass.
type paceDesk struct {
	t      *testing.T
	shelf  shelf
	books  *Books
	now    time.Time
	record quota.Provider
}

func newPaceDesk(t *testing.T) *paceDesk {
	d := &paceDesk{t: t, shelf: shelf{}, now: noon}
	d.books = New(d.shelf, func() time.Time { return d.now }, Rules{
		CallTimeout: time.Minute, Margin: 5 * time.Second, Fresh: 5 * time.Second, Epoch: func() int64 { return 0 },
		Slots: 2, Paced: true, Rates: [3]int64{60, 6000, 600},
	})
	d.record.Requests.Rate = quota.Rate{Burst: 1, PerMinute: 60}
	d.write(Told{})
	return d
}

func (d *paceDesk) write(told Told) {
	body, err := json.Marshal(d.record)
	require.NoError(d.t, err)
	d.shelf[modelKey] = body
	d.books.Committed([]ports.Key{modelKey}, told)
}

func (d *paceDesk) pass(by time.Duration) { d.now = d.now.Add(by) }

func (d *paceDesk) call(owner string) { d.books.paced(who, owner, d.now, false) }

// open opens the breaker, and lets owner probe.
func (d *paceDesk) open(owner string) {
	d.record.Breaker = quota.Breaker{State: quota.Open, Until: d.now.Add(time.Minute), Opened: 1}
	if owner != "" {
		d.record.Breaker.State, d.record.Breaker.Owner = quota.Probing, owner+"/1"
	}
	d.write(Told{})
}

func TestPace(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do   func(*paceDesk)
		want string
	}{
		"as many calls as the rate, and those that start late": {func(d *paceDesk) {
			d.pass(time.Minute)
			for range 13 {
				d.call("a")
			}
			d.pass(2 * time.Second)
			d.call("a")
			d.call("a")
		}, ""},
		"one call more": {func(d *paceDesk) {
			d.pass(time.Minute)
			for range 14 {
				d.call("a")
			}
		}, "above the rate of 60 a minute"},
		"before anything was known": {func(d *paceDesk) {
			for range 100 {
				d.books.paced(who, "a", noon, false)
			}
		}, ""},
		"the probe, once": {func(d *paceDesk) {
			d.open("a")
			d.pass(time.Minute)
			d.call("a")
			require.Equal(d.t, 1, d.books.Probes)
		}, ""},
		"the probe, twice": {func(d *paceDesk) {
			d.open("a")
			d.pass(time.Minute)
			d.call("a")
			d.call("a")
		}, "as a second probe of one interval"},
		"who probed before, a moment later": {func(d *paceDesk) {
			d.open("a")
			d.open("b")
			d.pass(9 * time.Second)
			d.call("a")
		}, ""},
		"who probed before, long ago": {func(d *paceDesk) {
			d.open("a")
			d.open("b")
			d.pass(11 * time.Second)
			d.call("a")
		}, "11s after the breaker opened"},
		"a moment after the breaker opened": {func(d *paceDesk) {
			d.open("")
			d.pass(9 * time.Second)
			d.call("a")
		}, ""},
		"closed again": {func(d *paceDesk) {
			d.open("a")
			d.record.Breaker = quota.Breaker{State: quota.Closed}
			d.write(Told{})
			d.pass(time.Minute)
			d.call("b")
		}, ""},
		"in a pause": {func(d *paceDesk) {
			d.record.Closed = noon.Add(time.Minute)
			d.write(Told{})
			d.pass(20 * time.Second)
			d.call("a")
		}, "for none until"},
		"after a pause": {func(d *paceDesk) {
			d.record.Closed = noon.Add(time.Minute)
			d.write(Told{})
			d.pass(time.Minute)
			d.call("a")
		}, ""},
		"more retries than the budget": {func(d *paceDesk) {
			d.books.pace.starts = level{1000, 1000, 1, noon}
			d.pass(time.Minute)
			for range 65 {
				d.books.paced(who, "a", d.now, true)
			}
		}, "the budget of repeated attempts is used up"},
		"first attempts earn retries": {func(d *paceDesk) {
			d.books.pace.starts = level{1000, 1000, 1, noon}
			d.pass(time.Minute)
			for range 64 {
				d.books.paced(who, "a", d.now, true)
			}
			for range 10 {
				d.call("a")
			}
			d.books.paced(who, "a", d.now, true)
		}, ""},
		"a wait that was told is not in the record": {func(d *paceDesk) {
			d.write(Told{Until: noon.Add(time.Minute)})
		}, "the record says"},
		"a wait of hours counts as one": {func(d *paceDesk) {
			d.record.Closed = noon.Add(time.Hour)
			d.write(Told{Until: noon.Add(5 * time.Hour)})
		}, ""},
		"what stops all calls is not in the record": {func(d *paceDesk) { d.write(Told{Stops: true}) }, "says that it is called"},
		"what a guard has seen is not in the record": {func(d *paceDesk) {
			d.write(Told{}.Plus(Told{Tripped: true, Until: noon}))
		}, "says that it is called"},
		"a call was answered since": {func(d *paceDesk) { d.write(Told{Stops: true, Answered: true}) }, ""},
		"five failures in a row": {func(d *paceDesk) {
			d.write(Told{Failures: 3})
			d.write(Told{Failures: 2})
		}, "it has failed 5 times in a row"},
		"failures while an answer is being stored": {func(d *paceDesk) {
			d.write(Told{Failures: 3})
			d.write(Told{Failures: 1}.Plus(Told{Answering: true}))
			d.write(Told{Failures: 4})
		}, ""},
		"an answer between failures": {func(d *paceDesk) {
			d.write(Told{Failures: 3})
			d.write(Told{Failures: 2, Answered: true})
			d.write(Told{Failures: 4})
		}, ""},
		"limits mixed up": {func(d *paceDesk) {
			d.record.Input.Rate.PerMinute = 600
			d.write(Told{})
		}, "the record has 600 as number 1"},
		"a record that cannot be read": {func(d *paceDesk) {
			d.shelf[modelKey] = []byte("{")
			d.books.Committed([]ports.Key{modelKey}, Told{})
		}, "unexpected end"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newPaceDesk(t)
			test.do(d)
			if test.want == "" {
				require.Empty(t, d.books.Broken())
			} else {
				require.Contains(t, d.books.Broken(), test.want)
			}
		})
	}
}
