package claudesim_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/marketbrewer/marketbrewer/adapters/claudesim"
)

// A simulator behind a test server answers, or breaks, as the API would, and shows its own bill.
func Example() {
	sim, err := claudesim.New(&claudesim.Options{Latency: claudesim.NoLatency, Faults: claudesim.Faults{Empty: 1}})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(sim)
	defer server.Close()

	body := `{"model":"claude-haiku-5-5","max_tokens":1000,"messages":[{"role":"user","content":"Hello"}]}`
	request, _ := http.NewRequest(http.MethodPost, server.URL+"/v1/messages", strings.NewReader(body))
	request.Header.Set("X-Api-Key", "any")
	request.Header.Set("Anthropic-Version", "2023-06-01")
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = answer.Body.Close()
	fmt.Println(answer.Status)

	answer, err = http.Get(server.URL + "/sim/bill")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	bill, _ := io.ReadAll(answer.Body)
	fmt.Println(string(bill))

	// Output:
	// 200 OK
	// {"requests":1,"answered":1,"total_usd":"0.000002400000","answered_usd":"0.000002400000","batched":0,"batched_usd":"0.000000000000","cache_write_tokens":0,"cache_read_tokens":0}
}
