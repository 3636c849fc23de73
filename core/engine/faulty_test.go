package engine_test

import (
	"context"
	"encoding/json"

	"github.com/marketbrewer/marketbrewer/core/engine"
	"github.com/marketbrewer/marketbrewer/ports"
)

// faulty lets a test do something of its own with the calls of a store.
type faulty struct {
	ports.Store
	get    func(key ports.Key) error
	list   func(r ports.Range) error
	listed func(r ports.Range)
	update func(keys []ports.Key, do func() error) error
}

func (f *faulty) Get(ctx context.Context, key ports.Key) (ports.Record, error) {
	if f.get != nil {
		if err := f.get(key); err != nil {
			return ports.Record{}, err
		}
	}
	return f.Store.Get(ctx, key)
}

func (f *faulty) List(ctx context.Context, r ports.Range) (ports.Page, error) {
	if f.list != nil {
		if err := f.list(r); err != nil {
			return ports.Page{}, err
		}
	}
	page, err := f.Store.List(ctx, r)
	if f.listed != nil {
		f.listed(r)
	}
	return page, err
}

func (f *faulty) Update(ctx context.Context, keys []ports.Key, decide func(ports.Tx) error) error {
	do := func() error { return f.Store.Update(ctx, keys, decide) }
	if f.update != nil {
		return f.update(keys, do)
	}
	return do()
}

type senderFunc func(messages ...ports.Message) error

func (f senderFunc) Send(_ context.Context, messages ...ports.Message) error { return f(messages...) }

func marshalEvent(e engine.Event) []byte {
	body, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return body
}
