package backoffice_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// TestSnapshot: a job says what it runs on, whatever the business has become since.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{Plans: 1}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(3, 1, 5))
		of := func(id job.ID) backoffice.Snapshot {
			v, err := w.jobs.Job(w.ctx, business, id)
			require.NoError(t, err)
			require.NotNil(t, v.Snapshot)
			return *v.Snapshot
		}
		first, same := w.begun(business, areas()), w.begun(business, areas())
		was := of(first)
		require.Equal(t, "Harbor Plumbing", was.Business.Name)
		require.Equal(t, 4, was.Rows, "three keywords in English and one in Spanish")
		require.Equal(t, 5, was.Columns)
		require.Equal(t, was, of(same))

		phone := "(207) 555-0199"
		p := backoffice.BusinessPatch{Phone: backoffice.Patch[string]{Set: true, Value: &phone}}
		_, err := w.office.PatchBusiness(w.ctx, w.admin, business, backoffice.Any, p)
		require.NoError(t, err)
		w.work(first)
		w.work(same)
		second := w.begun(business, areas())
		now := of(second)
		require.Equal(t, "(207) 555-0199", now.Business.Phone)
		require.NotEqual(t, was.SHA256, now.SHA256)
		require.Equal(t, was.QuestionnaireSHA256, now.QuestionnaireSHA256)
		require.Equal(t, was, of(first))

		_, err = w.office.PutQuestionnaire(w.ctx, w.admin, business, backoffice.Any, catalog.Questionnaire{Identity: catalog.Identity{Tagline: "Dry"}, Brand: catalog.Brand{CallToAction: "Call"}})
		require.NoError(t, err)
		third := w.begun(business, areas())
		require.NotEqual(t, was.QuestionnaireSHA256, of(third).QuestionnaireSHA256)
	})
}

// A job that this program cannot open is shown without it. What is out of reach is an error, and not remembered.
func TestAJobWithoutItsSnapshot(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 1))
		strange, lost, fine := w.begun(business, areas()), w.begun(business, areas()), w.begun(business, areas())
		w.put(ports.Key{Partition: "job/" + string(strange), Sort: "input/000"}, []byte("{}"))
		w.remove(ports.Key{Partition: "job/" + string(lost), Sort: "input/000"})
		for range 2 {
			for _, id := range []job.ID{strange, lost} {
				v, err := w.jobs.Job(w.ctx, business, id)
				require.NoError(t, err)
				require.Nil(t, v.Snapshot)
			}
		}
		w.each("Job", func() error {
			v, err := w.jobs.Job(w.ctx, business, fine)
			if err == nil {
				require.NotNil(t, v.Snapshot)
			}
			return err
		})
	})
}
