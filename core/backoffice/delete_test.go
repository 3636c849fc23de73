package backoffice_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

func live(busy bool, err error) func(context.Context) (bool, error) {
	return func(context.Context) (bool, error) { return busy, err }
}

func liveOf(busy bool, err error) func(context.Context, string) (bool, error) {
	return func(context.Context, string) (bool, error) { return busy, err }
}

// secondly finds no live job at the first look, and asks then.
func secondly(then func(context.Context) (bool, error)) func(context.Context) (bool, error) {
	looks := 0
	return func(ctx context.Context) (bool, error) {
		if looks++; looks == 1 {
			return false, nil
		}
		return then(ctx)
	}
}

// stored is the record of the business as the store has it.
func (s shop) stored(t *testing.T) string {
	t.Helper()
	r, err := s.store.Get(s.ctx, ports.Key{Partition: "businesses", Sort: s.id})
	require.NoError(t, err)
	return string(r.Body)
}

// left are the records of the business's catalog.
func (s shop) left(t *testing.T) []ports.Record {
	t.Helper()
	page, err := s.store.List(s.ctx, ports.Range{Partition: "business/" + s.id})
	require.NoError(t, err)
	return page.Records
}

func TestDeleteBusiness(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.keyword(t, catalog.Keyword{Keyword: "drain"})
	for range 60 {
		_, err := s.CreatePrompt(s.ctx, boss(), s.id, backoffice.NewPrompt{PageType: "keyword-service-area", Template: "Write about {{city}}."})
		require.NoError(t, err)
	}
	require.ErrorIs(t, s.DeleteBusiness(s.ctx, boss(), s.id, 7, live(false, nil)), fault.Conflict)
	require.ErrorIs(t, s.DeleteBusiness(s.ctx, boss(), "nobody", 7, live(false, nil)), fault.NotFound)

	before := s.stored(t)
	asked := 0
	err := s.DeleteBusiness(s.ctx, boss(), s.id, backoffice.Any, func(context.Context) (bool, error) {
		asked++
		require.Equal(t, before, s.stored(t), "nothing is done before the first look")
		return true, nil
	})
	require.ErrorIs(t, err, fault.Conflict)
	require.Equal(t, 1, asked)
	require.ErrorIs(t, s.DeleteBusiness(s.ctx, boss(), s.id, backoffice.Any, live(false, context.Canceled)), context.Canceled)
	require.Equal(t, before, s.stored(t), "a refusal writes nothing")

	looked := false
	hidden := func(busy bool, err error) error {
		return s.DeleteBusiness(s.ctx, boss(), s.id, backoffice.Any, secondly(func(ctx context.Context) (bool, error) {
			looked = true
			_, wrong := s.Business(ctx, s.id)
			require.ErrorIs(t, wrong, fault.NotFound, "it is hidden before anybody looks again")
			require.ErrorIs(t, s.DeleteBusiness(ctx, boss(), s.id, backoffice.Any, live(false, nil)), fault.NotFound)
			n, wrong := s.RemoveDeleted(ctx, liveOf(false, nil))
			require.NoError(t, wrong)
			require.Zero(t, n, "nothing is decided")
			return busy, err
		}))
	}
	require.ErrorIs(t, hidden(true, nil), fault.Conflict)
	require.True(t, looked)
	require.Equal(t, before, s.stored(t), "it is put back as it was")
	require.ErrorIs(t, hidden(false, context.Canceled), context.Canceled)
	require.Equal(t, before, s.stored(t))
	require.NotEqual(t, "business.delete", s.trail(t)[0].Action)

	require.NoError(t, s.DeleteBusiness(s.ctx, boss(), s.id, 1, live(false, nil)))
	line := s.trail(t)[0]
	require.Equal(t, "business.delete", line.Action)
	require.NotEmpty(t, line.Before)
	_, err = s.Business(s.ctx, s.id)
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.CreateKeyword(s.ctx, boss(), s.id, catalog.Keyword{Keyword: "new"})
	require.ErrorIs(t, err, fault.NotFound)
	list, _, err := s.Businesses(s.ctx, boss(), "", 0, "")
	require.NoError(t, err)
	require.Empty(t, list)

	n, err := s.RemoveDeleted(s.ctx, liveOf(true, nil))
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = s.RemoveDeleted(s.ctx, liveOf(false, fault.New(fault.Unavailable, "down")))
	require.ErrorIs(t, err, fault.Unavailable)
	require.NotEmpty(t, s.left(t))
	n, err = s.RemoveDeleted(s.ctx, liveOf(false, nil))
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Empty(t, s.left(t))
	r, err := s.store.Get(s.ctx, ports.Key{Partition: "businesses", Sort: s.id})
	require.NoError(t, err)
	require.NotContains(t, string(r.Body), "Harbor")
	require.Contains(t, string(r.Body), "deleting")
	n, err = s.RemoveDeleted(s.ctx, liveOf(false, nil))
	require.NoError(t, err)
	require.Zero(t, n)
	require.GreaterOrEqual(t, len(s.trail(t)), 62, "the trail stays")
}

// TestADeletionThatDied: a process that died while it looked for jobs leaves a business hidden, and the sweep brings it back.
func TestADeletionThatDied(t *testing.T) {
	t.Parallel()
	s := open(t)
	before := s.stored(t)
	require.Panics(t, func() {
		_ = s.DeleteBusiness(s.ctx, boss(), s.id, 1, secondly(func(context.Context) (bool, error) { panic("dies") }))
	})
	_, err := s.Business(s.ctx, s.id)
	require.ErrorIs(t, err, fault.NotFound)
	s.clock.forward(9 * time.Minute)
	_, err = s.RemoveDeleted(s.ctx, liveOf(false, nil))
	require.NoError(t, err)
	_, err = s.Business(s.ctx, s.id)
	require.ErrorIs(t, err, fault.NotFound)
	s.clock.forward(time.Minute)
	n, err := s.RemoveDeleted(s.ctx, liveOf(false, nil))
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, before, s.stored(t))
}

// TestADeletionWhoseCallerHasGone is taken back at once, wherever it was.
func TestADeletionWhoseCallerHasGone(t *testing.T) {
	t.Parallel()
	s := open(t)
	before := s.stored(t)
	for _, told := range []error{context.Canceled, nil} {
		ctx, cancel := context.WithCancel(s.ctx)
		err := s.DeleteBusiness(ctx, boss(), s.id, 1, secondly(func(context.Context) (bool, error) {
			cancel()
			return false, told
		}))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, before, s.stored(t))
	}
}

// TestADeletionThatTookTooLong is taken back by a sweep before it is decided.
func TestADeletionThatTookTooLong(t *testing.T) {
	t.Parallel()
	s := open(t)
	err := s.DeleteBusiness(s.ctx, boss(), s.id, 1, secondly(func(ctx context.Context) (bool, error) {
		s.clock.forward(time.Hour)
		_, err := s.RemoveDeleted(ctx, liveOf(false, nil))
		return false, err
	}))
	require.ErrorIs(t, err, fault.Conflict)
	require.True(t, strings.HasPrefix(s.now(t).Name, "Harbor"))
}

// Whoever answers for all may read what the jobs of a deleted business have made, while it is being deleted and after.
func TestWhoMayReadJobs(t *testing.T) {
	t.Parallel()
	s := open(t)
	of := func(role backoffice.Role, businesses ...string) backoffice.Caller {
		return backoffice.Caller{Principal: "p", Kind: backoffice.Service, Role: role, Businesses: businesses}
	}
	own := []backoffice.Caller{of(backoffice.Admin, s.id), of(backoffice.Operator, backoffice.AllBusinesses), of(backoffice.Viewer, s.id)}
	for _, by := range append(own, boss()) {
		require.NoError(t, s.MayReadJobs(s.ctx, by, s.id))
		require.ErrorIs(t, s.MayReadJobs(s.ctx, by, "nobody"), fault.NotFound)
	}
	require.NoError(t, s.DeleteBusiness(s.ctx, boss(), s.id, backoffice.Any, live(false, nil)))
	for range 2 {
		require.NoError(t, s.MayReadJobs(s.ctx, boss(), s.id))
		for _, by := range own {
			require.ErrorIs(t, s.MayReadJobs(s.ctx, by, s.id), fault.NotFound)
		}
		_, err := s.RemoveDeleted(s.ctx, liveOf(false, nil))
		require.NoError(t, err)
	}
}
