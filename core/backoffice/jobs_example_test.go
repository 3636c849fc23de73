package backoffice_test

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/adapters/memqueue"
	"github.com/marketbrewer/marketbrewer/adapters/memstore"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/core/idempotency"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// silent is a model that nobody has asked yet.
type silent struct{}

func (silent) Call(context.Context, job.Request) (ports.Reply, error) { return ports.Reply{}, nil }

// From a business to a job with a budget, and the trail of it.
func ExampleJobs() {
	ctx, clock, ids := context.Background(), sysclock.Clock{}, sysclock.NewIDs()
	store, seen := memstore.New(clock, nil), &porttest.Recorder{}
	office, err := backoffice.New(backoffice.Ports{Store: store, Clock: clock, IDs: ids, Observer: seen}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := engine.New(engine.Ports{
		Store: store, Queue: memqueue.New(clock, nil), Model: silent{}, Clock: clock, Group: sysclock.Group{}, IDs: ids, Observer: seen,
	}, []job.Kind{pages.Kind{}}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	jobs := backoffice.NewJobs(office, e, nil)
	ana := backoffice.Caller{Principal: "ana", Kind: backoffice.User, Role: backoffice.Admin, Businesses: []string{backoffice.AllBusinesses}}

	bakery, err := office.CreateBusiness(ctx, ana, catalog.Business{
		Name: "Sunrise Bakery", IndustryType: "Bakery", Phone: "207-555-0120", Email: "hi@sunrise.example", Website: "https://sunrise.example",
		PrimaryCity: "Portland", PrimaryState: "ME",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, step := range []func() error{
		func() error {
			_, err := office.PutQuestionnaire(ctx, ana, bakery.ID, backoffice.Any, catalog.Questionnaire{
				Identity: catalog.Identity{Tagline: "Bread before dawn"}, Audience: catalog.Audience{Languages: []string{"English"}},
				Brand: catalog.Brand{CallToAction: "Order by noon"},
			})
			return err
		},
		func() error {
			_, err := office.CreateService(ctx, ana, bakery.ID, catalog.Service{Name: "Sourdough"})
			return err
		},
		func() error {
			_, err := office.CreateKeyword(ctx, ana, bakery.ID, catalog.Keyword{Keyword: "fresh bread"})
			return err
		},
		func() error {
			_, err := office.CreateServiceArea(ctx, ana, bakery.ID, catalog.ServiceArea{City: "Portland", State: "ME"})
			return err
		},
		func() error {
			_, err := jobs.PutBudget(ctx, ana, bakery.ID, backoffice.BudgetOrder{Limit: 10 * cost.Dollar, Enabled: true})
			return err
		},
	} {
		if err := step(); err != nil {
			fmt.Println(err)
			return
		}
	}

	order := backoffice.Order{PageType: "keyword-service-area"}
	preview, err := jobs.Preview(ctx, bakery.ID, order, backoffice.PreviewFilter{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(preview.Summary.TotalPages, "page:", preview.Pages[0].URLPath)
	order.PlanHash = preview.PlanHash
	made, err := jobs.Generate(ctx, ana, bakery.ID, order, "the caller's key", idempotency.Of([]byte("the order")))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(made.Job.State, "with a cap of its worst case:", made.Job.Cap == made.Forecast.Cost.Worst)
	trail, _, err := office.Audit(ctx, backoffice.AuditQuery{TargetID: string(made.Job.ID)})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(trail[0].Actor.PrincipalID, trail[0].Action)
	// Output:
	// 1 page: /fresh-bread/portland-me
	// pending with a cap of its worst case: true
	// ana job.create
}
