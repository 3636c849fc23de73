package storetx

import "github.com/marketbrewer/marketbrewer/ports"

// Get implements ports.Tx.
func (t *Tx[Own]) Get(key ports.Key) (ports.Record, bool) {
	t.mustBeOpen()
	e, err := t.entry(key)
	if err == nil && !e.used() {
		err = t.rules.key(key)
	}
	if err != nil {
		if t.badRead == nil {
			t.badRead = err
		}
		return ports.Record{}, false
	}
	if !e.Got {
		if !e.used() {
			t.used++
		}
		e.Got = true
		t.Reads++
	}
	if !e.Fetched {
		t.Missing = true
	}
	if !e.Live(t.Now) {
		return ports.Record{}, false
	}
	return *e.Stored, true
}

// Put implements ports.Tx.
func (t *Tx[Own]) Put(record ports.Record) { t.write(Put, record) }

// Create implements ports.Tx.
func (t *Tx[Own]) Create(record ports.Record) { t.write(Create, record) }

// Delete implements ports.Tx.
func (t *Tx[Own]) Delete(key ports.Key) { t.write(Delete, ports.Record{Key: key}) }

func (t *Tx[Own]) write(what Op, record ports.Record) {
	t.mustBeOpen()
	if t.badWrite == nil {
		t.badWrite = t.tryWrite(what, record)
	}
}

func (t *Tx[Own]) tryWrite(what Op, record ports.Record) error {
	if err := t.rules.record(record); err != nil {
		return err
	}
	e, err := t.entry(record.Key)
	if err != nil {
		return err
	}
	if what != Create && !e.Got {
		return t.rules.broken("%s is written without having been read; get it first or create it", Text(record.Key))
	}
	if e.Op != None {
		return t.rules.broken("%s is written twice in one update", Text(record.Key))
	}
	if t.bytes += len(record.Body); t.bytes > ports.MaxCommit {
		return t.rules.broken("one update writes more than %d bytes; split it", ports.MaxCommit)
	}
	if !e.used() {
		t.used++
	}
	e.Op = what
	t.Writes++
	if what != Delete {
		record.Expires = ToSecond(record.Expires)
		e.Next = &record
	}
	return nil
}

// mustBeOpen panics when a decision kept its Tx and uses it after it returned, which is a bug of the caller.
func (t *Tx[Own]) mustBeOpen() {
	if !t.open {
		panic(t.rules.store + ": a Tx was used after its decision had returned")
	}
}
