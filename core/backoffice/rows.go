package backoffice

import (
	"context"
	"reflect"
	"slices"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// The names of a business's documents.
const (
	docQuestionnaire = "questionnaire"
	docHours         = "hours"
	docSocial        = "social"
	docServices      = "services"
	docKeywords      = "keywords"
	docAreas         = "areas"
	docLocations     = "locations"
)

// shelf is one of a business's lists: where it is kept, where a catalog has it, and what is particular to it.
type shelf[T any] struct {
	// document is where it is kept; path where a catalog has it; what names an entry for people, kind in the audit trail.
	document, path, what, kind string
	// most is how many entries it may have.
	most int
	// needs are the documents that its rules or the score look at besides.
	needs []string
	// scored is true where the score depends on the list, which is then in the folder: filed finds it there.
	scored bool
	filed  func(f *folder) rows[T]
	id     func(*T) *string
	of     func(*catalog.Catalog) *[]T
	// shown is what readers see of each entry besides its value; nil for nothing.
	shown func(rows[T]) []string
	// companion renames a member of an entry that was made along with the one that was asked for; nil keeps.
	companion func(path string) string
	// mark takes the mark of the primary entry from those that were there, the first n, when a new one has it; nil where there is none.
	mark func(list rows[T], n int)
	// after carries the changed list on into the folder of a scored one.
	after func(f *folder, was, is rows[T])
}

// missing is the error of an id that the shelf does not have.
func (s shelf[T]) missing() error { return fault.New(fault.NotFound, "there is no such %s", s.what) }

func (s shelf[T]) find(list rows[T], id string) int {
	return slices.IndexFunc(list, func(r Row[T]) bool { return *s.id(&r.Value) == id })
}

func (s shelf[T]) keys(business string) []ports.Key {
	return append(folderKeys(business, s.needs...), documentKey(business, s.document, 0))
}

func (s shelf[T]) target(business, id string) Target {
	return Target{Type: s.kind, ID: id, Business: business}
}

// read returns the list as it stands.
func (s shelf[T]) read(ctx context.Context, o *Office, business string) (list rows[T], err error) {
	keys := []ports.Key{businessKey(business), documentKey(business, s.document, 0)}
	err = o.view(ctx, keys, func(tx ports.Tx) (err error) {
		if _, err = readBusiness(tx, business); err == nil {
			list, err = readDocument[rows[T]](tx, business, s.document)
		}
		return err
	})
	return list, err
}

// one returns the list and the place of an entry in it.
func (s shelf[T]) one(ctx context.Context, o *Office, business, id string) (rows[T], int, error) {
	list, err := s.read(ctx, o, business)
	if err != nil {
		return nil, 0, err
	}
	at := s.find(list, id)
	if at < 0 {
		return nil, 0, s.missing()
	}
	return list, at, nil
}

// desk is a list within a decision: as it was, and as it is to be.
type desk[T any] struct {
	shelf[T]
	tx     ports.Tx
	folder *folder
	note   *note
	now    time.Time
	was    rows[T]
	is     rows[T]
	// touched are the ids of the entries that are being written: what is wrong with them is the caller's to correct. The
	// first is the one that was asked for.
	touched []string
}

// row finds an entry that stands at the revision, to be changed.
func (d *desk[T]) row(id string, seen int64) (*T, error) {
	at := d.find(d.is, id)
	if at < 0 {
		return nil, d.missing()
	}
	d.touched = append(d.touched, id)
	return &d.is[at].Value, d.is[at].match(seen)
}

// add puts new entries at the end.
func (d *desk[T]) add(values ...T) {
	for _, v := range values {
		d.is = append(d.is, Row[T]{Value: v})
		d.touched = append(d.touched, *d.id(&v))
	}
}

// remove takes out the entries with the ids.
func (d *desk[T]) remove(ids ...string) {
	d.is = slices.DeleteFunc(d.is, func(r Row[T]) bool { return slices.Contains(ids, *d.id(&r.Value)) })
}

// change runs one change to a list: it reads what the rules need, lets decide change the list, applies every rule, dates the
// entries that have changed and writes them with the score and the line of the audit trail.
func (s shelf[T]) change(ctx context.Context, o *Office, by Caller, action, business, id string, decide func(d *desk[T]) error) (list rows[T], err error) {
	now := o.now()
	err = o.act(ctx, by, Action{action, s.target(business, id)}, s.keys(business), func(tx ports.Tx, n *note) error {
		d, err := s.open(tx, business, now)
		if err != nil {
			return err
		}
		d.note = n
		if err := decide(d); err != nil {
			return err
		}
		if err := d.normalise(); err != nil {
			return err
		}
		if d.note.before == "" && d.note.after == "" {
			n.changed(d.value(d.was), d.value(d.is))
		}
		list = d.is
		return d.close(business)
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func (s shelf[T]) open(tx ports.Tx, business string, now time.Time) (*desk[T], error) {
	f, err := readFolder(tx, business, s.needs...)
	if err != nil {
		return nil, err
	}
	was, err := s.held(&f, tx, business)
	return &desk[T]{shelf: s, tx: tx, folder: &f, now: now, was: was, is: slices.Clone(was)}, err
}

// held is the list as the folder of a scored one has it already, or as it is stored.
func (s shelf[T]) held(f *folder, tx ports.Tx, business string) (rows[T], error) {
	if s.scored {
		return s.filed(f), nil
	}
	return readDocument[rows[T]](tx, business, s.document)
}

// value is the first touched entry, for the audit trail; nil when the list does not have it.
func (d *desk[T]) value(list rows[T]) any {
	if len(d.touched) == 0 {
		return nil
	}
	at := d.find(list, d.touched[0])
	if at < 0 {
		return nil
	}
	return list[at].Value
}

// candidate is the catalog with the list as it is to be.
func (d *desk[T]) candidate() catalog.Catalog {
	c := d.folder.catalog()
	*d.of(&c) = d.is.values()
	return c
}

// normalise applies the rules of core/catalog to the whole list and reports what is wrong with the touched entries.
func (d *desk[T]) normalise() error {
	clean, problems := d.candidate().Normalise()
	if err := d.refusal(problems); err != nil {
		return err
	}
	for i, v := range *d.of(&clean) {
		d.is[i].Value = v
	}
	return nil
}

// close dates the entries and writes what has changed.
func (d *desk[T]) close(business string) error {
	d.date()
	if !reflect.DeepEqual(d.was, d.is) {
		if err := writeDocument(d.tx, business, d.document, d.is); err != nil {
			return err
		}
	}
	if !d.scored {
		return nil
	}
	d.after(d.folder, d.was, d.is)
	d.folder.save(d.tx, d.now)
	return nil
}

// date gives each entry that readers see differently from before its next revision.
func (d *desk[T]) date() {
	was, is := d.seen(d.was), d.seen(d.is)
	for i := range d.is {
		id := *d.id(&d.is[i].Value)
		old, known := was[id]
		if !known || !reflect.DeepEqual(old, is[id]) {
			d.is[i].Meta = d.is[i].next(d.now)
		}
	}
}

// sight is what readers see of an entry.
type sight[T any] struct {
	value T
	more  string
}

func (s shelf[T]) seen(list rows[T]) map[string]sight[T] {
	more := make([]string, len(list))
	if s.shown != nil {
		more = s.shown(list)
	}
	seen := make(map[string]sight[T], len(list))
	for i := range list {
		seen[*s.id(&list[i].Value)] = sight[T]{list[i].Value, more[i]}
	}
	return seen
}
