package dynamofake

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options are the settings of a Server; their zero value is a service without faults whose TTL never deletes.
type Options struct {
	// Fault says what goes wrong with a request; nil means nothing. It is called once for each, with the operation. It must
	// be safe for concurrent use.
	Fault func(operation string) Fault
	// Now, if set, makes the TTL delete at once what has expired by it. On the real service that may take days.
	Now func() time.Time
	// Forgets makes the tokens of transactions forgotten at once. The real service keeps them for ten minutes.
	Forgets bool
}

// Server is a DynamoDB in memory. It is an http.Handler, safe for concurrent use.
type Server struct {
	options Options

	mu     sync.Mutex
	tables map[string]*table
	// used are the units that all requests have taken together, failed ones too.
	used Used
	// body is that of the request in hand. done are the bodies of the transactions that were done, by their tokens.
	body string
	done map[string]string
}

// Used is capacity that was taken.
type Used struct{ Read, Write float64 }

var _ http.Handler = (*Server)(nil)

// New returns a Server without tables. Nil options mean their zero value.
func New(options *Options) *Server {
	if options == nil {
		options = &Options{}
	}
	return &Server{options: *options, tables: map[string]*table{}, done: map[string]string{}}
}

// Used is what all requests have taken, those included whose condition did not hold.
func (s *Server) Used() Used {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used
}

// operation answers the body of one request. It is called under the lock.
type operation func(s *Server, body []byte) (any, error)

func operations() map[string]operation {
	return map[string]operation{
		"CreateTable":        handle((*Server).createTable),
		"DescribeTable":      handle((*Server).describeTable),
		"UpdateTimeToLive":   handle((*Server).updateTTL),
		"GetItem":            handle((*Server).getItem),
		"BatchGetItem":       handle((*Server).batchGet),
		"Query":              handle((*Server).query),
		"PutItem":            handle((*Server).putItem),
		"DeleteItem":         handle((*Server).deleteItem),
		"TransactGetItems":   handle((*Server).transactGet),
		"TransactWriteItems": handle((*Server).transact),
	}
}

// handle reads the input of an operation. A field that it does not know is an error: the fake would silently leave it out.
func handle[I any](do func(*Server, *I) (any, error)) operation {
	return func(s *Server, body []byte) (any, error) {
		s.body = string(body)
		input := new(I)
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(input); err != nil {
			return nil, refuse("SerializationException", err.Error())
		}
		return do(s, input)
	}
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	name := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "DynamoDB_20120810.")
	fault := None
	if s.options.Fault != nil {
		fault = s.options.Fault(name)
	}
	if fault == ResetBefore {
		panic(http.ErrAbortHandler)
	}
	output, err := s.do(name, body, fault)
	switch fault {
	case ResetAfter:
		panic(http.ErrAbortHandler)
	case ServerErrorAfter:
		output, err = nil, ServerError.inject(name, 0)
	}
	answer(w, output, err)
}

func (s *Server) do(name string, body []byte, fault Fault) (any, error) {
	act, known := operations()[name]
	if !known {
		return nil, refuse("UnknownOperationException", name)
	}
	if p := fault.inject(name, steps(name, body)); p != nil {
		return nil, p
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire()
	output, err := act(s, body)
	if batch, ok := output.(*batchGetOutput); ok && fault == Unprocessed {
		batch.leaveMost()
	}
	return output, err
}

// steps is how many records a transaction names.
func steps(name string, body []byte) int {
	var input transactInput
	if name == "TransactWriteItems" || name == "TransactGetItems" {
		_ = json.Unmarshal(body, &input) // a body that cannot be read is refused later
	}
	return max(1, len(input.TransactItems))
}

func answer(w http.ResponseWriter, output any, err error) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	if err == nil {
		_ = json.NewEncoder(w).Encode(output)
		return
	}
	p := invalid(err.Error())
	errors.As(err, &p)
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(struct {
		Type    string   `json:"__type"`
		Message string   `json:"Message"`
		Item    Item     `json:"Item,omitempty"`
		Reasons []reason `json:"CancellationReasons,omitempty"`
	}{"com.amazonaws.dynamodb.v20120810#" + p.code, p.message, p.item, p.reasons})
}

// Size is how many bytes an item takes, 0 for none.
func (s *Server) Size(tableName, partition, sort string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := s.table(tableName)
	if err != nil {
		return 0
	}
	return t.get(place{partition, sort}).size()
}
