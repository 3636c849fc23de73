package books

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/apps/sim/internal/chance"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// spend throws the switch.
func (d *desk) spend(on bool) {
	d.put(spendingKey, fmt.Appendf(nil, `{"on":%t}`, on))
	d.commit()
}

// says adds an entry to the job's history.
func (d *desk) says(kind string, data map[string]string) {
	d.header.Events++
	body, err := json.Marshal(said{kind, data})
	require.NoError(d.t, err)
	d.put(ports.Key{Partition: jobPart, Sort: fmt.Sprintf("event/%06d", d.header.Events)}, body)
}

// wish writes a change of the job's header.
func (d *desk) wish(change func(*job.Job)) {
	change(&d.header)
	d.putJob()
	d.commit()
}

func paused(j *job.Job) { j.Pauses, j.Wish = []job.PauseReason{job.PauseSpendingOff}, j.Wish+1 }

// follows has the job paused by the switch, in its one shard too.
func (d *desk) follows() {
	d.spend(false)
	d.wish(paused)
	d.shard.Gate, d.shard.Wish = job.GatePaused, d.header.Wish
	d.putShard()
	d.commit()
}

func TestTheSwitch(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do   func(*desk)
		want string
	}{
		"a job follows, and goes on": {func(d *desk) {
			d.follows()
			_, number := d.books.Off()
			d.books.Obeyed(number)
			require.True(d.t, d.books.Follows("j1"))
			d.spend(true)
			require.False(d.t, d.books.Follows("j1"))
			d.says("resumed", map[string]string{"reason": "spending_off"})
			d.wish(func(j *job.Job) { j.Pauses, j.Wish = nil, j.Wish+1 })
			require.True(d.t, d.books.Follows("j1"))
		}, ""},
		"paused by it while it is on": {func(d *desk) { d.wish(paused) }, "and spending is on"},
		"not paused":                  {func(d *desk) { d.spend(false); d.books.Obeyed(1) }, "and it is paused for []"},
		"a shard that is open": {func(d *desk) {
			d.spend(false)
			d.wish(paused)
			d.books.Obeyed(1)
		}, "shard 0 is open"},
		"switched again since": {func(d *desk) { d.spend(false); d.books.Obeyed(7) }, ""},
		"a hold of a job that obeys": {func(d *desk) {
			d.follows()
			d.books.Obeyed(1)
			d.lease(nil)
		}, "spending is off in all its shards"},
		"resumed while off": {func(d *desk) {
			d.follows()
			d.wish(func(j *job.Job) { j.Pauses, j.Wish = nil, j.Wish+1 })
		}, "while spending is off"},
		"another pause for it": {func(d *desk) {
			d.follows()
			d.wish(func(j *job.Job) { j.Pauses, j.Wish = []job.PauseReason{job.PauseOperator}, j.Wish+1 })
		}, "while spending is off"},
		"a round while off": {func(d *desk) { d.spend(false); d.says("retried", nil); d.wish(func(j *job.Job) { j.Round++ }) }, "seals"},
		"a higher cap while off": {func(d *desk) {
			d.spend(false)
			d.raise(12)
		}, "while spending is off"},
		"a job made while off": {func(d *desk) {
			d.spend(false)
			delete(d.books.jobs, "j1")
			d.putJob()
			d.commit()
		}, "is made while spending is off"},
		"lifts an operator's pause": {func(d *desk) {
			d.follows()
			d.wish(func(j *job.Job) { j.Pauses = append(j.Pauses, job.PauseOperator); j.Wish++ })
			d.spend(true)
			d.says("resumed", map[string]string{"reason": "spending_off"})
			d.wish(func(j *job.Job) { j.Pauses, j.Wish = nil, j.Wish+1 })
		}, "has lifted the pauses [spending_off operator]"},
		"a pause that is no wish": {func(d *desk) {
			d.wish(func(j *job.Job) { j.Pauses = []job.PauseReason{job.PauseOperator} })
		}, "the wish is still number 0"},
		"a switch that cannot be read": {func(d *desk) { d.put(spendingKey, []byte("{")); d.commit() }, "the spending switch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			test.do(d)
			if test.want == "" {
				require.Empty(t, d.books.Broken())
				return
			}
			require.Contains(t, d.books.Broken(), test.want)
		})
	}
}

// raise sets the job's cap to so many holds, with the money that belongs to it.
func (d *desk) raise(holds cost.Pico) {
	from := d.header.Cap
	d.says("budget_changed", map[string]string{"from_usd": from.String(), "to_usd": (holds * hold).String(), "request_id": "r1"})
	d.header.Cap, d.header.Account.Granted, d.header.Grants[0].Drawn = holds*hold, holds*hold, holds*hold
	d.month("acme", holds*hold)
	d.month("", holds*hold)
	d.putJob()
	d.commit()
}

func TestCaps(t *testing.T) {
	t.Parallel()
	ask := func(d *desk, limit cost.Pico) { d.books.Asked(Ask{Request: "r1", Job: "j1", Cap: limit}) }
	for name, test := range map[string]struct {
		do   func(*desk)
		want string
	}{
		"raised as asked":  {func(d *desk) { ask(d, 12*hold); d.raise(12); d.books.Answered("r1", Done) }, ""},
		"lowered as asked": {func(d *desk) { d.lease(nil); ask(d, hold); d.raise(1); d.books.Answered("r1", Unknown) }, ""},
		"it was so before": {func(d *desk) { ask(d, 10*hold); d.books.Answered("r1", Done) }, ""},
		"lost and not set": {func(d *desk) { ask(d, 12*hold); d.books.Answered("r1", Unknown) }, ""},
		"nobody's answer":  {func(d *desk) { d.books.Answered("r1", Done) }, ""},
		"lowered below what is held": {func(d *desk) {
			d.lease(nil)
			d.says("budget_changed", map[string]string{"from_usd": d.header.Cap.String(), "to_usd": (hold / 2).String()})
			d.books.Loose = true
			d.wish(func(j *job.Job) { j.Cap = hold / 2 })
		}, "its cap is lowered from"},
		"changed in silence": {func(d *desk) { d.books.Loose = true; d.wish(func(j *job.Job) { j.Cap++ }) }, "and the history tells of that: false"},
		"told and not changed": {func(d *desk) {
			d.says("budget_changed", nil)
			d.wish(func(j *job.Job) { j.Hidden = true })
		}, "and the history tells of that: true"},
		"another amount in the history": {func(d *desk) {
			d.says("budget_changed", map[string]string{"from_usd": "1", "to_usd": "2"})
			d.raise(12)
		}, "the history says from 1 to 2"},
		"another cap than was asked for": {func(d *desk) { ask(d, 11*hold); d.raise(12) }, "was asked for, and it has"},
		"done twice":                     {func(d *desk) { ask(d, 12*hold); d.raise(12); d.raise(12) }, "budget_changed is done 2 times"},
		"refused and done":               {func(d *desk) { ask(d, 12*hold); d.raise(12); d.books.Answered("r1", Refused) }, "was not to be done"},
		"done and never set":             {func(d *desk) { ask(d, 12*hold); d.books.Answered("r1", Done) }, "the cap was never"},
		"an entry that cannot be read": {func(d *desk) {
			d.put(ports.Key{Partition: jobPart, Sort: "event/000009"}, []byte("{"))
			d.commit()
		}, "event/000009"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			test.do(d)
			if test.want == "" {
				require.Empty(t, d.books.Broken())
				return
			}
			require.Contains(t, d.books.Broken(), test.want)
		})
	}
	d := newDesk(t)
	require.Zero(t, d.books.HandedOut("j1"))
	require.Zero(t, d.books.HandedOut("none"))
	var seen []chance.Kind
	d.books.Saw = func(kind chance.Kind) { seen = append(seen, kind) }
	ask(d, 12*hold)
	d.raise(12)
	d.books.Answered("r1", Unknown)
	d.books.Asked(Ask{Request: "r2", Job: "j1", Cap: 1})
	d.books.Answered("r2", Unknown)
	require.Equal(t, []chance.Kind{chance.CapRaised, chance.LostAndDone, chance.LostAndNot}, seen)
}

// retried is a desk whose two tasks have failed, of causes of their own, and of which a retry begins as it was asked for.
func retried(t *testing.T, a Ask) *desk {
	t.Helper()
	d := newDesk(t)
	d.shard.Gate = job.GateOpen
	j := d.books.jobs["j1"]
	p := job.NewParcel(0, 2, 2)
	for i, code := range []job.Code{job.CodeRefused, job.CodeOutputInvalid} {
		p.Tasks[i].State, p.Tasks[i].Code = job.TaskFailed, code
	}
	j.shards[0].parcels[0] = &p
	a.Request, a.Job, a.Retry = "r1", "j1", true
	d.books.Asked(a)
	d.begins("r1")
	require.Empty(t, d.books.Broken())
	return d
}

// begins has the job's books see that a round begins for a request.
func (d *desk) begins(request string) {
	j := d.books.jobs["j1"]
	j.said = []said{{"retried", map[string]string{"request_id": request}}}
	if a := d.books.asks[request]; a != nil {
		a.done["retried"]++
	}
	before := *j.header
	j.before, j.header.Round, j.header.Walk = &before, j.header.Round+1, &job.Walk{}
	d.books.walks(j)
}

func TestRounds(t *testing.T) {
	t.Parallel()
	first := Ask{Codes: []job.Code{job.CodeRefused}, Key: "k"}
	for name, test := range map[string]struct {
		ask  Ask
		do   func(*desk, *jobBook)
		want string
	}{
		"one cause":     {first, func(d *desk, j *jobBook) { d.books.requeued("task 0", j, 0, &job.Task{}) }, ""},
		"another cause": {first, func(d *desk, j *jobBook) { d.books.requeued("task 1", j, 1, &job.Task{}) }, "the retry was not of it"},
		"the same task twice": {first, func(d *desk, j *jobBook) {
			again := func() { d.books.requeued("task 0", j, 0, &job.Task{}) }
			again()
			again()
		}, "the retry was not of it"},
		"all that failed":       {Ask{}, func(_ *desk, j *jobBook) { require.Len(t, j.wanted, 2) }, ""},
		"a named one":           {Ask{Ordinals: []int{1}}, func(_ *desk, j *jobBook) { require.Equal(t, map[int]bool{1: true}, j.wanted) }, ""},
		"a named one of a code": {Ask{Ordinals: []int{1}, Codes: first.Codes}, func(_ *desk, j *jobBook) { require.Empty(t, j.wanted) }, ""},
		"an end without it": {first, func(d *desk, j *jobBook) {
			before := *j.header
			j.before, j.header.Walk = &before, nil
			d.books.walks(j)
		}, "has ended without the tasks"},
		"the key again": {first, func(d *desk, _ *jobBook) {
			d.books.Asked(Ask{Request: "r2", Job: "j1", Retry: true, Key: "k"})
			d.begins("r2")
		}, "and has begun one before"},
		"the key is refused": {first, func(d *desk, _ *jobBook) {
			d.books.Asked(Ask{Request: "r2", Job: "j1", Retry: true, Key: "k"})
			d.books.Answered("r2", Refused)
		}, "has begun a round"},
		"the key is known": {first, func(d *desk, _ *jobBook) {
			d.books.Answered("r1", Done)
			d.books.Asked(Ask{Request: "r2", Job: "j1", Retry: true, Key: "k"})
			d.books.Answered("r2", Repeated)
		}, ""},
		"done, and no round": {first, func(d *desk, _ *jobBook) {
			d.books.Asked(Ask{Request: "r2", Job: "j1", Retry: true})
			d.books.Answered("r2", Done)
		}, "began 0 rounds"},
		"by nobody that is known": {first, func(d *desk, j *jobBook) {
			d.begins("r9")
			require.Len(t, j.wanted, 2, "as the walk says")
		}, ""},
		"without an entry": {first, func(d *desk, j *jobBook) {
			j.said = nil
			d.books.roundBegins(j)
		}, "its history does not tell of that"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := retried(t, test.ask)
			test.do(d, d.books.jobs["j1"])
			if test.want == "" {
				require.Empty(t, d.books.Broken())
				return
			}
			require.Contains(t, d.books.Broken(), test.want)
		})
	}
	d := retried(t, Ask{})
	require.Equal(t, []job.Code{job.CodeOutputInvalid, job.CodeRefused}, d.books.FailedOf("j1"))
	done := job.Task{State: job.TaskCompleted}
	require.True(t, (&Ask{Ordinals: []int{3}}).wants(3, &done))
	require.False(t, (&Ask{}).wants(3, &done))
}
