package backoffice

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Row is an entry of a business's list with what the server keeps of it.
type Row[T any] struct {
	Value T `json:"value"`
	Meta
}

// rows is a list in its stored order.
type rows[T any] []Row[T]

// values are the entries alone, nil for none, as the rules of the catalog leave it.
func (r rows[T]) values() []T {
	if len(r) == 0 {
		return nil
	}
	list := make([]T, len(r))
	for i := range r {
		list[i] = r[i].Value
	}
	return list
}

// readBusiness reads a business that is there and not being deleted.
func readBusiness(tx ports.Tx, id string) (Business, error) {
	b, found, err := get[Business](tx, businessKey(id))
	if err == nil && (!found || b.Status != BusinessActive) {
		err = fault.New(fault.NotFound, "there is no such business")
	}
	return b, err
}

// BusinessStatus is where a business is in its life.
type BusinessStatus string

// The statuses of a business.
const (
	BusinessActive BusinessStatus = "active"
	// BusinessDeleting hides the business while its catalog is removed. If every process dies, the next sweep goes on.
	BusinessDeleting BusinessStatus = "deleting"
)

// Business is a client with what the server keeps of it.
type Business struct {
	catalog.Business
	Status BusinessStatus `json:"status"`
	// Deleting names a deletion that has not been decided: it still looks for live jobs. Empty otherwise.
	Deleting string `json:"deleting,omitempty"`
	// Score is the completeness at the last write, 0 to 100.
	Score int `json:"completeness_score"`
	Meta
}

const partBusinesses = "businesses"

func businessKey(id string) ports.Key { return ports.Key{Partition: partBusinesses, Sort: id} }

// Businesses lists those that the caller may see and that are not being deleted, by id. Query, when given, is part of the
// name, ignoring case and accents. A page may be short with more to come.
func (o *Office) Businesses(ctx context.Context, by Caller, query string, limit int, cursor string) ([]Business, string, error) {
	r := ports.Range{Partition: partBusinesses, Limit: 200}
	if cursor != "" {
		r.From = cursor + "\x01"
	}
	limit = pageSize(limit)
	page, err := o.Store.List(ctx, r)
	if err != nil {
		return nil, "", err
	}
	list := []Business{}
	for _, record := range page.Records {
		b, err := read[Business](record)
		if err != nil {
			return nil, "", err
		}
		cursor = b.ID
		if b.Status == BusinessActive && by.Sees(b.ID) && contains(b.Name, query) {
			if list = append(list, b); len(list) == limit {
				return list, cursor, nil
			}
		}
	}
	if page.Cursor == "" {
		cursor = ""
	}
	return list, cursor, nil
}

// Business reads one. It is fault.NotFound when there is none or it is being deleted.
func (o *Office) Business(ctx context.Context, id string) (Business, error) {
	r, err := o.Store.Get(ctx, businessKey(id))
	if err != nil {
		return Business{}, missing(err, "business")
	}
	b, err := read[Business](r)
	if err == nil && b.Status != BusinessActive {
		err = fault.New(fault.NotFound, "there is no such business")
	}
	return b, err
}

// page cuts a list after the cursor, which is the sort key of the last entry given, to at most limit entries.
func page[T any](list []T, key func(T) string, limit int, cursor string) ([]T, string) {
	limit = pageSize(limit)
	if cursor != "" {
		start, found := slices.BinarySearchFunc(list, cursor, func(v T, c string) int { return cmp.Compare(key(v), c) })
		if found {
			start++
		}
		list = list[start:]
	}
	if len(list) <= limit {
		return list, ""
	}
	return list[:limit:limit], key(list[limit-1])
}

// contains reports whether the text has the query in it, ignoring case and accents; an empty query is in every text.
func contains(text, query string) bool {
	return query == "" || strings.Contains(catalog.Fold(text), catalog.Fold(query))
}
