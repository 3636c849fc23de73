package claudemodel_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/adapters/claudemodel"
	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
	"github.com/marketbrewer/marketbrewer/ports/porttest"
)

// Two pages at half price: created together, and read when the batch has ended. A simulator stands in for the provider.
func Example_batch() {
	clock := porttest.NewClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
	sim, _ := claudesim.New(&claudesim.Options{Seed: 1, Now: clock.Now})
	server := httptest.NewServer(sim)
	defer server.Close()
	model, _ := claudemodel.New("sk-example", &claudemodel.Options{BaseURL: server.URL})
	defer model.Close()

	ask := func(prompt string) job.Request {
		return job.Request{Model: "claude-haiku-5-5", Prompt: prompt, MaxTokens: 500}
	}
	ctx := context.Background()
	batch, err := model.CreateBatch(ctx, []ports.BatchLine{
		{ID: "drains-a1", Request: ask("Write about drains.")}, {ID: "boilers-a1", Request: ask("Write about boilers.")},
	})
	if err != nil {
		fmt.Println(err) // fault.Unknown(err): it may exist, so list before creating it again
		return
	}
	fmt.Println(batch.State, batch.Processing)

	clock.Advance(2 * time.Hour)
	batch, _ = model.GetBatch(ctx, batch.ID)
	fmt.Println(batch.State, batch.Succeeded)
	var done []string
	err = model.BatchResults(ctx, batch.ID, func(result ports.BatchResult) error {
		done = append(done, fmt.Sprint(result.ID, " ", result.Outcome, " ", result.Answer.Stop))
		return nil
	})
	slices.Sort(done) // they come in any order
	fmt.Println(done, err)
	// Output:
	// in_progress 2
	// ended 2
	// [boilers-a1 succeeded end_turn drains-a1 succeeded end_turn] <nil>
}
