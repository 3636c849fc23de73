package porttest

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// storeModel is a store in its plainest form: a map, one update at a time. It is what the random runs compare with.
type storeModel struct {
	clock   ports.Clock
	mu      sync.Mutex
	records map[ports.Key]ports.Record
	version int64
}

var _ ports.Store = (*storeModel)(nil)

func newStoreModel(clock ports.Clock) *storeModel {
	return &storeModel{clock: clock, records: map[ports.Key]ports.Record{}}
}

// read returns a record unless it has expired.
func (m *storeModel) read(key ports.Key) (ports.Record, bool) {
	record, there := m.records[key]
	if !there || (!record.Expires.IsZero() && record.Expires.Unix() <= m.clock.Now().Unix()) {
		return ports.Record{}, false
	}
	return record, true
}

func (m *storeModel) Get(_ context.Context, key ports.Key) (ports.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	record, there := m.read(key)
	if !there {
		return ports.Record{}, fault.NotFound
	}
	return record, nil
}

// List has a number of records as its cursor, which will do as long as nobody writes between two pages.
func (m *storeModel) List(_ context.Context, r ports.Range) (ports.Page, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var page ports.Page
	for key := range m.records {
		record, there := m.read(key)
		if there && key.Partition == r.Partition && key.Sort >= r.From && (r.To == "" || key.Sort < r.To) {
			page.Records = append(page.Records, record)
		}
	}
	slices.SortFunc(page.Records, func(a, b ports.Record) int { return strings.Compare(a.Key.Sort, b.Key.Sort) })
	if r.Descending {
		slices.Reverse(page.Records)
	}
	done, _ := strconv.Atoi(r.Cursor)
	page.Records = page.Records[done:]
	if r.Limit > 0 && len(page.Records) > r.Limit {
		page.Records, page.Cursor = page.Records[:r.Limit], strconv.Itoa(done+r.Limit)
	}
	return page, nil
}

func (m *storeModel) Update(_ context.Context, _ []ports.Key, decide func(ports.Tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	tx := &modelTx{model: m, got: map[ports.Key]bool{}, writes: map[ports.Key]*ports.Record{}}
	if err := decide(tx); err != nil {
		return err
	}
	if tx.broken != "" {
		return tx.broken
	}
	for key, record := range tx.writes {
		if record == nil {
			delete(m.records, key)
			continue
		}
		m.version++
		record.Version = m.version
		m.records[key] = *record
	}
	return nil
}

// modelTx is the Tx of a storeModel.
type modelTx struct {
	model  *storeModel
	got    map[ports.Key]bool
	writes map[ports.Key]*ports.Record
	// broken is what the update fails with: Invalid before Conflict.
	broken fault.Kind
}

func (tx *modelTx) Get(key ports.Key) (ports.Record, bool) {
	tx.got[key] = true
	return tx.model.read(key)
}

func (tx *modelTx) Put(record ports.Record) { tx.write(record.Key, &record, tx.got[record.Key]) }

func (tx *modelTx) Delete(key ports.Key) { tx.write(key, nil, tx.got[key]) }

func (tx *modelTx) Create(record ports.Record) {
	tx.write(record.Key, &record, true)
	if _, there := tx.model.read(record.Key); there && tx.broken == "" {
		tx.broken = fault.Conflict
	}
}

func (tx *modelTx) write(key ports.Key, record *ports.Record, allowed bool) {
	if _, twice := tx.writes[key]; twice || !allowed || record != nil && len(record.Body) > ports.MaxBody {
		tx.broken = fault.Invalid
	}
	tx.writes[key] = record
}
