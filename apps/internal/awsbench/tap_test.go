//go:build services

package awsbench

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// tap stands between functions and one service of AWS. It counts what goes through and, at a rate, breaks it.
type tap struct {
	service, target string
	client          *http.Client
	server          *httptest.Server

	mu     sync.Mutex
	rate   float64
	chance *rand.Rand
	broken int
	totals traffic
}

// traffic is what has gone through.
type traffic struct {
	// requests by operation; lost are conditions that did not hold.
	requests map[string]int
	lost     int
	// writes is how many requests could write, and were answered; written counts written records by their key.
	writes  int
	written map[string]int
	// reading and writing are the units of capacity that answers named.
	reading, writing float64
}

// capacity is where an answer of DynamoDB says what it took.
var capacity = regexp.MustCompile(`"CapacityUnits":([0-9.]+)`)

func newTap(t *testing.T, service, target string, rate float64, seed uint64) *tap {
	p := &tap{
		service: service, target: target, rate: rate, chance: rand.New(rand.NewPCG(seed, 1)),
		client: &http.Client{Transport: &http.Transport{MaxIdleConns: 1000, MaxIdleConnsPerHost: 1000}},
		totals: traffic{requests: map[string]int{}, written: map[string]int{}},
	}
	p.server = httptest.NewServer(p)
	t.Cleanup(func() {
		p.server.Close()
		p.client.CloseIdleConnections()
	})
	return p
}

// The ways to break a request.
const (
	whole = iota
	throttled
	failed
	cutBefore
	cutAfter
	ways
)

// refusals are each service's words for a throttled request and a failure of its own.
var refusals = map[string][2]string{
	"dynamodb": {"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "com.amazonaws.dynamodb.v20120810#InternalServerError"},
	"sqs":      {"com.amazonaws.sqs#RequestThrottled", "com.amazonaws.sqs#InternalFailure"},
	"ssm":      {"ThrottlingException", "InternalServerError"},
}

func (p *tap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	how := p.fate()
	switch how {
	case throttled:
		refuse(w, http.StatusBadRequest, refusals[p.service][0])
		return
	case failed:
		refuse(w, http.StatusInternalServerError, refusals[p.service][1])
		return
	case cutBefore:
		panic(http.ErrAbortHandler)
	}
	status, header, answer, err := p.pass(r, body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	p.note(operation, body, status, answer)
	if how == cutAfter {
		panic(http.ErrAbortHandler)
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// fate draws what becomes of a request.
func (p *tap) fate() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.chance.Float64() >= p.rate {
		return whole
	}
	p.broken++
	return 1 + p.chance.IntN(ways-1)
}

func refuse(w http.ResponseWriter, status int, kind string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"__type":"` + kind + `","message":"on purpose"}`))
}

func (p *tap) pass(r *http.Request, body []byte) (int, http.Header, []byte, error) {
	request, err := http.NewRequestWithContext(r.Context(), r.Method, p.target+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header = r.Header.Clone()
	request.Header.Del("Accept-Encoding")
	response, err := p.client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, answer, err
}

func (p *tap) note(operation string, body []byte, status int, answer []byte) {
	keys := writtenBy(operation, body)
	units := 0.0
	for _, found := range capacity.FindAllSubmatch(answer, -1) {
		n, _ := strconv.ParseFloat(string(found[1]), 64)
		units += n
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.totals.requests[operation]++
	if len(keys) == 0 {
		p.totals.reading += units
		return
	}
	p.totals.writing += units
	p.totals.writes++
	switch {
	case status == http.StatusOK:
		for _, key := range keys {
			p.totals.written[key]++
		}
	case bytes.Contains(answer, []byte("ConditionalCheckFailed")):
		p.totals.lost++
	}
}

// item is as much of a written record as its key.
type item struct {
	Item, Key map[string]struct{ S string }
}

// writtenBy are the keys of the records that a request would write.
func writtenBy(operation string, body []byte) []string {
	var request struct {
		item
		TransactItems []struct{ Put, Delete, Update *item }
	}
	switch operation {
	case "PutItem", "DeleteItem", "UpdateItem", "TransactWriteItems":
		// Attributes of other types than text make errors here, and their neighbours are decoded all the same.
		_ = json.Unmarshal(body, &request)
	}
	var keys []string
	add := func(i *item) {
		if i == nil {
			return
		}
		key := i.Key
		if key == nil {
			key = i.Item
		}
		if key["p"].S != "" {
			keys = append(keys, key["p"].S+" "+key["s"].S)
		}
	}
	add(&request.item)
	for _, t := range request.TransactItems {
		add(t.Put)
		add(t.Delete)
		add(t.Update)
	}
	return keys
}

// seen is a copy of what has gone through.
func (p *tap) seen() (t traffic, broken int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t = traffic{requests: map[string]int{}, written: map[string]int{}, lost: p.totals.lost, writes: p.totals.writes,
		reading: p.totals.reading, writing: p.totals.writing}
	for k, n := range p.totals.requests {
		t.requests[k] = n
	}
	for k, n := range p.totals.written {
		t.written[k] = n
	}
	return t, p.broken
}

func (t *traffic) all() (n int) {
	for _, one := range t.requests {
		n += one
	}
	return n
}

// busiest is the record that was written most, with its share of all written records in percent.
func (t *traffic) busiest() (key string, share float64) {
	all, most := 0, 0
	for k, n := range t.written {
		all += n
		if n > most {
			key, most = k, n
		}
	}
	return key, 100 * float64(most) / float64(max(all, 1))
}
