package backoffice_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
)

func (s shop) service(t *testing.T, name string) backoffice.ServiceRow {
	t.Helper()
	r, err := s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: name})
	require.NoError(t, err)
	return r
}

// services are the names in their order, the primary one marked.
func (s shop) services(t *testing.T) (names []string) {
	t.Helper()
	list, cursor, err := s.Services(s.ctx, s.id, 200, "")
	require.NoError(t, err)
	require.Empty(t, cursor)
	for i, r := range list {
		require.Equal(t, i+1, r.Position)
		name := r.Value.Name
		if r.Value.IsPrimary {
			name += "*"
		}
		names = append(names, name)
	}
	return names
}

func TestServices(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b := s.service(t, "Drain cleaning"), s.service(t, "Water heaters")
	require.True(t, a.Value.IsPrimary)
	require.Equal(t, "drain-cleaning", a.Value.Slug)
	require.Equal(t, 2, b.Position)
	_, err := s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "Leaks", NameES: "Fugas", IsPrimary: true})
	require.NoError(t, err)
	require.Equal(t, []string{"Drain cleaning", "Water heaters", "Leaks*"}, s.services(t))
	a, err = s.Service(s.ctx, s.id, a.Value.ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, a.Revision, "it is primary no more")
	b, err = s.Service(s.ctx, s.id, b.Value.ID)
	require.NoError(t, err)
	require.EqualValues(t, 1, b.Revision)

	_, err = s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "DRAIN cleaning"})
	told(t, err, "/slug duplicate")
	var twice *backoffice.Duplicate
	require.ErrorAs(t, err, &twice)
	require.Equal(t, a.Value.ID, twice.ID)
	require.NotContains(t, err.Error(), "drain")
	_, err = s.CreateService(s.ctx, boss(), s.id, catalog.Service{Name: "東京", NameES: "a\x00b", Slug: "blog"})
	told(t, err, "/name_es invalid", "/slug reserved")
	_, err = s.CreateService(s.ctx, boss(), "nobody", catalog.Service{Name: "x"})
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.Service(s.ctx, s.id, "nothing")
	require.ErrorIs(t, err, fault.NotFound)
	_, err = s.Service(s.ctx, "nobody", "nothing")
	require.ErrorIs(t, err, fault.NotFound)
	_, _, err = s.Services(s.ctx, "nobody", 0, "")
	require.ErrorIs(t, err, fault.NotFound)
}

func TestPatchService(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b := s.service(t, "A"), s.service(t, "B")
	r, err := s.PatchService(s.ctx, boss(), s.id, b.Value.ID, 1, backoffice.ServicePatch{Name: backoffice.To("Bee"), NameES: backoffice.To("Abeja"), IsPrimary: backoffice.To(true)})
	require.NoError(t, err)
	require.Equal(t, "b", r.Value.Slug, "a new name keeps the slug")
	require.EqualValues(t, 2, r.Revision)
	require.Equal(t, []string{"A", "Bee*"}, s.services(t))
	require.Equal(t, []string{"is_primary", "name", "name_es"}, s.trail(t)[0].ChangedFields)
	r, err = s.PatchService(s.ctx, boss(), s.id, b.Value.ID, 2, backoffice.ServicePatch{Slug: backoffice.Null[string](), IsPrimary: backoffice.To(true)})
	require.NoError(t, err)
	require.Equal(t, "bee", r.Value.Slug)

	_, err = s.PatchService(s.ctx, boss(), s.id, b.Value.ID, 3, backoffice.ServicePatch{IsPrimary: backoffice.To(false)})
	told(t, err, "/is_primary not_allowed")
	_, err = s.PatchService(s.ctx, boss(), s.id, a.Value.ID, backoffice.Any, backoffice.ServicePatch{Slug: backoffice.To("bee")})
	told(t, err, "/slug duplicate")
	var twice *backoffice.Duplicate
	require.ErrorAs(t, err, &twice)
	require.Equal(t, b.Value.ID, twice.ID, "the one that was there, although it comes later")
	_, err = s.PatchService(s.ctx, boss(), s.id, b.Value.ID, 1, backoffice.ServicePatch{})
	require.ErrorIs(t, err, fault.Conflict)
	_, err = s.PatchService(s.ctx, boss(), s.id, "nothing", 1, backoffice.ServicePatch{})
	require.ErrorIs(t, err, fault.NotFound)
}

func TestDeleteService(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b := s.service(t, "A"), s.service(t, "B")
	s.service(t, "C")
	require.ErrorIs(t, s.DeleteService(s.ctx, boss(), s.id, a.Value.ID, 7), fault.Conflict)
	require.NoError(t, s.DeleteService(s.ctx, boss(), s.id, a.Value.ID, 1))
	require.Equal(t, []string{"B*", "C"}, s.services(t))
	line := s.trail(t)[0]
	require.Equal(t, "service.delete", line.Action)
	require.NotEmpty(t, line.Before)
	require.Empty(t, line.After)
	b, err := s.Service(s.ctx, s.id, b.Value.ID)
	require.NoError(t, err)
	require.EqualValues(t, 2, b.Revision, "it has moved and is primary")
	require.ErrorIs(t, s.DeleteService(s.ctx, boss(), s.id, a.Value.ID, backoffice.Any), fault.NotFound)
	require.NoError(t, s.DeleteService(s.ctx, boss(), s.id, b.Value.ID, 2))
}

func TestOrderServices(t *testing.T) {
	t.Parallel()
	s := open(t)
	a, b, c := s.service(t, "A").Value.ID, s.service(t, "B").Value.ID, s.service(t, "C").Value.ID
	list, err := s.OrderServices(s.ctx, boss(), s.id, []string{c, b, a})
	require.NoError(t, err)
	require.Equal(t, c, list[0].Value.ID)
	require.Equal(t, []string{"C", "B", "A*"}, s.services(t))
	require.EqualValues(t, 2, list[0].Revision)
	require.EqualValues(t, 1, list[1].Revision, "it has not moved")
	require.Equal(t, "service.order", s.trail(t)[0].Action)
	_, err = s.OrderServices(s.ctx, boss(), s.id, []string{c, "x", c})
	told(t, err, "/ids/1 unknown_reference", "/ids/2 duplicate")
	_, err = s.OrderServices(s.ctx, boss(), s.id, []string{c, b})
	require.ErrorIs(t, err, fault.Conflict)
}

func TestServicesArePaged(t *testing.T) {
	t.Parallel()
	s := open(t)
	for i := range 7 {
		s.service(t, "S"+strconv.Itoa(i))
	}
	var names []string
	add := func(list []backoffice.ServiceRow) {
		for _, r := range list {
			names = append(names, r.Value.Name)
		}
	}
	first, cursor, err := s.Services(s.ctx, s.id, 3, "")
	require.NoError(t, err)
	add(first)
	require.NoError(t, s.DeleteService(s.ctx, boss(), s.id, first[0].Value.ID, backoffice.Any))
	second, cursor, err := s.Services(s.ctx, s.id, 2, cursor)
	require.NoError(t, err)
	add(second)
	require.NoError(t, s.DeleteService(s.ctx, boss(), s.id, second[1].Value.ID, backoffice.Any), "the one that the cursor names")
	third, cursor, err := s.Services(s.ctx, s.id, 5, cursor)
	require.NoError(t, err)
	add(third)
	require.Empty(t, cursor)
	require.Equal(t, []string{"S0", "S1", "S2", "S3", "S4", "S5", "S6"}, names)
	last, _, err := s.Services(s.ctx, s.id, 5, "99/x")
	require.NoError(t, err)
	require.Empty(t, last)
}
