package backoffice_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// part is one step of a walk.
func (w *jobsWorld) part(q backoffice.ExportQuery, from string) (list []backoffice.WrittenPage, next string) {
	w.t.Helper()
	next, err := w.jobs.Export(w.ctx, q, from, func(p backoffice.WrittenPage) bool {
		list = append(list, p)
		return true
	})
	require.NoError(w.t, err)
	require.True(w.t, next == "" || next != from, "it goes on")
	return list, next
}

// walk goes through an export, with something that happens after each step.
func (w *jobsWorld) walk(q backoffice.ExportQuery, between func()) (list []backoffice.WrittenPage, parts int) {
	w.t.Helper()
	for from := ""; ; {
		some, next := w.part(q, from)
		list, parts = append(list, some...), parts+1
		if next == "" {
			return list, parts
		}
		if from = next; between != nil {
			between()
		}
	}
}

// named says which pages these are.
func named(list []backoffice.WrittenPage) (names []string) {
	for _, p := range list {
		names = append(names, fmt.Sprintf("%s/%04d", p.Job, p.Ordinal))
	}
	return names
}

// pathsIn are the paths of pages.
func pathsIn(list []backoffice.WrittenPage) (paths []string) {
	for _, p := range list {
		paths = append(paths, p.URLPath)
	}
	return paths
}

// TestExport: a walk gives each written page one time, whatever the steps, and the same as a list and a page show of it.
func TestExport(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(11, 1, 20))
		first := w.begun(business, areas()) // 220 in English, which are written, 20 in Spanish, which fail by their language
		w.work(first)
		time.Sleep(time.Second)
		second := w.begun(business, areas())
		w.work(second)
		other := w.seed(plumber(1, 0, 1))
		w.work(w.begun(other, areas()))

		for _, one := range []backoffice.ExportQuery{{Business: business, Job: first}, {Business: business}, {Business: business, Latest: true}} {
			whole, _ := w.walk(one, nil)
			want := map[bool]int{true: 220, false: 440}[one.Job != "" || one.Latest]
			require.Len(t, whole, want)
			for _, limit := range []int{1_000, 300, 97, 25, 7, 1} {
				one.Limit = limit
				list, parts := w.walk(one, nil)
				require.Equal(t, named(whole), named(list), "limit %d", limit)
				looked := map[bool]int{true: 240, false: 480}[want == 220]
				require.Equal(t, (looked+limit-1)/limit, parts, "limit %d", limit)
			}
		}
		all, _ := w.walk(backoffice.ExportQuery{Business: business}, nil)
		require.Equal(t, second, all[0].Job, "the newest job first")
		require.True(t, slices.IsSorted(named(all[:220])) && slices.IsSorted(named(all[220:])))
		latest, _ := w.walk(backoffice.ExportQuery{Business: business, Latest: true}, nil)
		require.True(t, slices.IsSorted(pathsIn(latest)))
		for _, p := range latest {
			require.Equal(t, second, p.Job)
		}

		listed, err := w.jobs.Page(w.ctx, business, first, 30)
		require.NoError(t, err)
		listed.PromptSHA256 = ""
		got, _ := w.part(backoffice.ExportQuery{Business: business, Job: first, Limit: 1}, string(first)+"/30")
		require.Equal(t, listed, got[0].PageView)
		content, err := w.jobs.Content(w.ctx, business, first, 30, 0)
		require.NoError(t, err)
		require.Equal(t, content, got[0].Content)
	})
}

// What comes to be during a walk makes it lose nothing that was there, and give nothing twice: one job is written, the next is being
// written, and a third one begins.
func TestExportWhilePagesAreWritten(t *testing.T) {
	t.Parallel()
	for _, latest := range []bool{false, true} {
		t.Run(fmt.Sprint(latest), func(t *testing.T) {
			t.Parallel()
			withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
				business := w.seed(plumber(8, 0, 20))
				first := w.begun(business, areas())
				w.work(first)
				time.Sleep(time.Second)
				second := w.begun(business, areas())
				q := backoffice.ExportQuery{Business: business, Latest: latest, Limit: 30}
				before, _ := w.walk(q, nil)
				require.Len(t, before, 160)
				third := job.ID("")
				list, _ := w.walk(q, func() {
					w.deliver(2)
					if third == "" {
						time.Sleep(time.Second)
						third = w.begun(business, areas())
					}
				})
				of := count(jobsIn(list))
				require.Positive(t, of[string(first)])
				require.Positive(t, of[string(second)], "what was written since is there where the walk had not been")
				if latest {
					require.Equal(t, pathsIn(before), pathsIn(list), "each path one time, in order")
					return
				}
				require.Subset(t, named(list), named(before))
				require.Len(t, count(named(list)), len(list), "each page one time")
				require.Zero(t, of[string(third)], "nothing of a job that began since")
			})
		})
	}
}

func count(names []string) map[string]int {
	n := map[string]int{}
	for _, name := range names {
		n[name]++
	}
	return n
}

func jobsIn(list []backoffice.WrittenPage) (ids []string) {
	for _, p := range list {
		ids = append(ids, string(p.Job))
	}
	return ids
}

// A step ends where the one who takes the pages has enough, and the next one begins with what was not taken.
func TestAnExportEndsWhereItIsEnough(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(3, 0, 50))
		id := w.begun(business, areas())
		w.work(id)
		for _, q := range []backoffice.ExportQuery{{Business: business, Job: id}, {Business: business}, {Business: business, Latest: true}} {
			whole, _ := w.walk(q, nil)
			var list []backoffice.WrittenPage
			for from, steps := "", 0; steps == 0 || from != ""; steps++ {
				room := 40
				next, err := w.jobs.Export(w.ctx, q, from, func(p backoffice.WrittenPage) bool {
					if room == 0 {
						return false
					}
					room--
					list = append(list, p)
					return true
				})
				require.NoError(t, err)
				from = next
				require.Less(t, steps, 4)
			}
			require.Equal(t, named(whole), named(list))
		}
	})
}

// What the jobs have besides is no obstacle: pages without a content, contents that are gone, many jobs, and a job that is gone.
func TestExportOfWhatIsLeft(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{Plans: 2, MaxLive: 100}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		latest := backoffice.ExportQuery{Business: business, Latest: true}
		for _, q := range []backoffice.ExportQuery{{Business: business}, latest} {
			list, parts := w.walk(q, nil)
			require.Empty(t, list)
			require.Equal(t, 1, parts)
		}
		var ids []job.ID
		for range 60 {
			ids = append(ids, w.begun(business, areas()))
			time.Sleep(time.Second)
		}
		list, parts := w.walk(backoffice.ExportQuery{Business: business}, nil)
		require.Empty(t, list)
		require.Equal(t, 2, parts, "50 jobs are looked at in a step")
		for _, id := range []job.ID{ids[0], ids[1], ids[30], ids[59]} {
			w.work(id)
		}
		list, _ = w.walk(backoffice.ExportQuery{Business: business}, nil)
		require.Equal(t, 60*2, len(list))
		require.Equal(t, []string{string(ids[59]), string(ids[59])}, jobsIn(first(w.walk(latest, nil))))

		w.forget(ids[59], 1)
		require.Len(t, first(w.walk(backoffice.ExportQuery{Business: business, Job: ids[59]}, nil)), 1)
		require.Equal(t, []string{string(ids[59]), string(ids[58])}, jobsIn(first(w.walk(latest, nil))), "the newest that is still kept")

		from := string(ids[30]) + "/1"
		rest, _ := w.part(backoffice.ExportQuery{Business: business}, from)
		require.Len(t, rest, 1+30*2)
		w.remove(ports.Key{Partition: "job/" + string(ids[30]), Sort: "header"})
		w.remove(ports.Key{Partition: "tenant/" + business, Sort: "job/" + string(ids[30])})
		rest, _ = w.part(backoffice.ExportQuery{Business: business}, from)
		require.Len(t, rest, 30*2, "who was at a job that is gone goes on at the next")
	})
}

func first(list []backoffice.WrittenPage, _ int) []backoffice.WrittenPage { return list }

// forget removes the content of a page.
func (w *jobsWorld) forget(id job.ID, ordinal int) {
	w.t.Helper()
	w.remove(ports.Key{Partition: "job/" + string(id) + "/s00", Sort: fmt.Sprintf("a/%08d/%06d", ordinal, 1)})
}

// TestExportRefuses: nothing of others, and no place that is none.
func TestExportRefuses(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business, other := w.seed(plumber(1, 0, 1)), w.seed(plumber(1, 0, 1))
		id := w.begun(business, areas())
		never := func(backoffice.WrittenPage) bool { t.Fatal("nothing is written"); return false }
		_, err := w.jobs.Export(w.ctx, backoffice.ExportQuery{Business: other, Job: id}, "", never)
		require.ErrorIs(t, err, fault.NotFound)
		for _, from := range []string{"x", "x/", "/1", "x/-1", "x/1x", "x/99999999999"} {
			_, err = w.jobs.Export(w.ctx, backoffice.ExportQuery{Business: business, Job: id}, from, never)
			require.ErrorIs(t, err, fault.Invalid, from)
		}
		next, err := w.jobs.Export(w.ctx, backoffice.ExportQuery{Business: business, Job: id}, string(id)+"/1", never)
		require.NoError(t, err)
		require.Empty(t, next)
	})
}

// A page that failed to be made again is given with the content that it has, and with why it failed.
func TestExportOfAPageThatFailedAgain(t *testing.T) {
	t.Parallel()
	withJobs(t, &backoffice.JobOptions{Plans: 1}, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		id := w.begun(business, areas())
		w.work(id)
		w.script = func(int, job.Request) string { return "no page" }
		_, err := w.jobs.Regenerate(w.ctx, w.admin, business, id, 1, 0, "")
		require.NoError(t, err)
		w.work(id)
		second := w.begun(business, areas())
		q := backoffice.ExportQuery{Business: business, Latest: true}
		list, next := w.part(q, "")
		require.Empty(t, next)
		require.Len(t, list, 2)
		listed, err := w.jobs.Page(w.ctx, business, id, 1)
		require.NoError(t, err)
		require.Equal(t, job.TaskFailed, listed.Status)
		require.NotEmpty(t, listed.ErrorMessage)
		listed.PromptSHA256 = ""
		require.Equal(t, listed, list[1].PageView)
		require.Equal(t, "Plumbers for you", list[1].Content.H1)

		for name, q := range map[string]backoffice.ExportQuery{"Job": {Business: business, Job: id}, "All": {Business: business}, "Latest": q} {
			for _, from := range []string{"", map[bool]string{true: "/", false: string(second) + "/1"}[q.Latest]} {
				if from != "" && q.Job != "" {
					continue
				}
				w.each(name+from, func() error {
					taken := 0
					next, err := w.jobs.Export(w.ctx, q, from, func(backoffice.WrittenPage) bool { taken++; return true })
					if err == nil {
						require.Empty(t, next)
						require.Equal(t, 2, taken)
					}
					return err
				})
			}
		}
	})
}

// TestExportLatestIsBounded: a job without a page is not opened, and too many others are refused before any is.
func TestExportLatestIsBounded(t *testing.T) {
	t.Parallel()
	withJobs(t, nil, func(t *testing.T, w *jobsWorld) {
		business := w.seed(plumber(1, 0, 2))
		id := w.begun(business, areas())
		_, err := w.jobs.Cancel(w.ctx, w.admin, business, id, "")
		require.NoError(t, err)
		w.work(id)
		w.remove(ports.Key{Partition: "job/" + string(id), Sort: "input/000"})
		query := backoffice.ExportQuery{Business: business, Latest: true}
		export := func() error {
			fresh := backoffice.NewJobs(w.office, w.engine, nil)
			_, err := fresh.Export(w.ctx, query, "", func(backoffice.WrittenPage) bool { return true })
			return err
		}
		require.NoError(t, export(), "nobody needs its input")
		header, err := w.store.Get(w.ctx, ports.Key{Partition: "job/" + string(id), Sort: "header"})
		require.NoError(t, err)
		for i := range 201 {
			twin := fmt.Sprintf("%s-%03d", id[:30], i)
			w.put(ports.Key{Partition: "job/" + twin, Sort: "header"}, []byte(strings.Replace(string(header.Body), `"round":1`, `"round":2`, 1)))
			w.put(ports.Key{Partition: "tenant/" + business, Sort: "job/" + twin}, []byte("{}"))
		}
		require.ErrorContains(t, export(), "more than 200 jobs")
	})
}
