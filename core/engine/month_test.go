package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

const november = "2026-11"

// TestMonths is about what tenants may spend in a month.
func TestMonths(t *testing.T) {
	t.Parallel()
	try := func(w *world, tenant string, limit cost.Pico) error {
		_, err := w.main.Submit(w.ctx, engine.Submission{Tenant: tenant, Kind: "probe", Input: probeInput{Name: tenant + limit.String(), Tasks: 3}.bytes(), Cap: limit})
		return err
	}

	t.Run("TheTenantsLimitHolds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 10*hold))
		require.NoError(t, try(w, "acme", 6*hold))
		require.ErrorIs(t, try(w, "acme", 5*hold), fault.Budget)
		require.NoError(t, try(w, "acme", 4*hold))
		require.ErrorIs(t, try(w, "acme", 1), fault.Budget)
		require.NoError(t, try(w, "other", 100*hold), "no record means no limit")
		require.Len(t, w.checks.jobs(), 3)
	})

	t.Run("TheLimitOfAllHolds", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "", november, 10*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*hold))
		require.NoError(t, try(w, "acme", 6*hold))
		require.NoError(t, try(w, "other", 3*hold))
		require.ErrorIs(t, try(w, "acme", 2*hold), fault.Budget)
		require.ErrorIs(t, try(w, "third", 2*hold), fault.Budget)
		require.NoError(t, try(w, "third", hold))
	})

	t.Run("DrawsInStepsOfFivePercent", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "", november, 1000*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 200*hold))
		for _, step := range []struct{ draws, all cost.Pico }{{3, 10}, {7, 10}, {1, 20}, {30, 41}, {159, 200}} {
			require.NoError(t, try(w, "acme", step.draws*hold))
			require.Equal(t, step.all*hold, w.checks.month("", november).Account.Drawn)
			require.Equal(t, step.all*hold, w.checks.month("acme", november).Account.Granted)
		}
		require.ErrorIs(t, try(w, "acme", hold), fault.Budget)
	})

	t.Run("ASmallerStepWhenAllHaveLittle", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "", november, 4*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 200*hold))
		require.NoError(t, try(w, "acme", 3*hold))
		require.Equal(t, 3*hold, w.checks.month("", november).Account.Drawn)
	})

	t.Run("WhatIsNotSpentGoesBack", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 10*hold))
		id := w.submit(3, capped(10*hold))
		require.ErrorIs(t, try(w, "acme", hold), fault.Budget)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 3*spent, w.checks.month("acme", november).Account.Drawn)
		require.NoError(t, try(w, "acme", 10*hold-3*spent))
	})

	t.Run("ReturnsGoToTheLatestGrantFirst", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		w.oracle.script = failsFirst
		for _, month := range []string{november, "2026-12"} {
			require.NoError(t, w.main.SetLimit(w.ctx, "acme", month, 100*hold))
		}
		id := w.submit(3, capped(10*hold))
		w.rest(id)
		require.Equal(t, 3*spent, w.checks.month("acme", november).Account.Drawn)
		w.now = w.now.AddDate(0, 1, 0)
		_, err := w.main.Retry(w.ctx, id, nil, 0)
		require.NoError(t, err)
		require.Equal(t, 10*hold-3*spent, w.checks.month("acme", "2026-12").Account.Drawn)
		w.rest(id)
		require.Equal(t, spent, w.checks.month("acme", "2026-12").Account.Drawn)
		require.Equal(t, 3*spent, w.checks.month("acme", november).Account.Drawn)
		_, err = w.main.Retry(w.ctx, id, []int{0}, 0)
		require.NoError(t, err)
		w.rest(id)
		require.Equal(t, []job.Grant{
			{Month: november, Drawn: 10 * hold, Returned: 10*hold - 3*spent},
			{Month: "2026-12", Drawn: 20*hold - 7*spent, Returned: 20*hold - 9*spent},
		}, w.job(id).Grants)
	})

	t.Run("ALimitThatIsSetInTheMiddleCountsWhatWasDrawn", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		id := w.submit(3, capped(6*hold))
		require.ErrorIs(t, w.main.SetLimit(w.ctx, "acme", november, 5*hold), fault.Conflict)
		require.ErrorIs(t, w.main.SetLimit(w.ctx, "", november, 5*hold), fault.Conflict)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 10*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "", november, 100*hold))
		require.NoError(t, try(w, "acme", 4*hold))
		require.ErrorIs(t, try(w, "acme", 1), fault.Budget)
		require.Equal(t, job.StateCompleted, w.rest(id).State)
		require.Equal(t, 6*spent, w.checks.month("acme", november).Account.Drawn)
		require.ErrorIs(t, try(w, "acme", 10*hold-6*spent+1), fault.Budget)
		require.NoError(t, try(w, "acme", 10*hold-6*spent))
	})

	t.Run("ALimitOfAllThatIsSetInTheMiddleCountsWhatTenantsHave", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*hold))
		require.NoError(t, try(w, "acme", 7*hold))
		require.NoError(t, try(w, "other", 2*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "", november, 10*hold))
		require.ErrorIs(t, try(w, "other", 2*hold), fault.Budget)
		require.NoError(t, try(w, "other", hold))
	})

	t.Run("RequireBudget", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 3, RequireBudget: true})
		require.ErrorIs(t, try(w, "acme", hold), fault.Budget)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*hold))
		require.NoError(t, try(w, "acme", hold))
		w.now = w.now.AddDate(0, 1, 0)
		require.ErrorIs(t, try(w, "acme", hold), fault.Budget, "another month is another budget")
	})

	t.Run("ABillOfAMonthWithoutABudgetIsOverrun", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, &engine.Options{ParcelSize: 3, RequireBudget: true})
		w.checks.loose = true
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 100*hold))
		w.oracle.script = func(plea) said { return dear(21_000) }
		id := w.submit(1, capped(hold))
		w.now = w.now.AddDate(0, 1, 0)
		w.rest(id)
		require.Positive(t, w.progress(id).Overrun)
	})

	t.Run("SetLimitRefuses", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		for _, bad := range []struct {
			tenant, month string
			limit         cost.Pico
		}{{"acme", "2026-13", 1}, {"acme", "november", 1}, {"acme", "", 1}, {"acme", november, 0}, {"acme", november, -1}, {"a b", november, 1}, {"-", november, 1}} {
			require.ErrorIs(t, w.main.SetLimit(w.ctx, bad.tenant, bad.month, bad.limit), fault.Invalid, "%v", bad)
		}
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 10*hold))
		require.NoError(t, try(w, "acme", 8*hold))
		require.ErrorIs(t, w.main.SetLimit(w.ctx, "acme", november, 8*hold-1), fault.Conflict)
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 8*hold))
		require.NoError(t, w.main.SetLimit(w.ctx, "acme", november, 20*hold))
		require.NoError(t, try(w, "acme", 12*hold))
	})

	t.Run("ABrokenRecordIsNotOverwritten", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, small())
		key := ports.Key{Partition: "tenant/acme", Sort: "month/" + november}
		for _, body := range []string{"{", `{"schema":1,"surprise":true}`, `{"schema":1,"account":{"granted":"1.0","drawn":"2.0"}}`} {
			w.put(key, []byte(body))
			require.ErrorIs(t, try(w, "acme", hold), fault.Corrupt)
			require.ErrorIs(t, w.main.SetLimit(w.ctx, "acme", november, hold), fault.Corrupt)
		}
		w.put(ports.Key{Partition: "global", Sort: "month/" + november}, []byte("{"))
		require.ErrorIs(t, try(w, "other", hold), fault.Corrupt)
	})
}
