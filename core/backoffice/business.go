package backoffice

import (
	"context"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

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
	// HiddenAt is when that began; zero otherwise.
	HiddenAt time.Time `json:"hidden_at,omitzero"`
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

// MayReadJobs is the one rule of who may ask for a business's jobs and for what they have made and cost, all of them or one by its id. It is
// fault.NotFound unless the business is there, or was and the caller answers for all: jobs are kept when their business is deleted. Whether
// the caller sees the business, and has the role, was asked before.
func (o *Office) MayReadJobs(ctx context.Context, by Caller, id string) error {
	_, err := o.Business(ctx, id)
	if !is(err, fault.NotFound) || by.Role != Admin || !by.SeesAll() {
		return err
	}
	return o.Known(ctx, id)
}

// Known is fault.NotFound unless the business is there, or was: when one is deleted it stays known that it was there.
func (o *Office) Known(ctx context.Context, id string) error {
	_, err := o.Store.Get(ctx, businessKey(id))
	return missing(err, "business")
}

// BusinessPatch is a change to a business. A new industry type takes the industry along that was the label of the old one.
type BusinessPatch struct {
	Name, IndustryType, Industry       Patch[string]
	Phone, Email, Website, GBPURL      Patch[string]
	Country, PrimaryCity, PrimaryState Patch[string]
	EnabledLanguages                   Patch[[]catalog.Language]
}

func (p BusinessPatch) apply(b *catalog.Business) {
	known, _ := catalog.IndustryByType(b.IndustryType)
	if p.IndustryType.Set && b.Industry == known.Label {
		b.Industry = ""
	}
	p.Name.to(&b.Name)
	p.IndustryType.to(&b.IndustryType)
	p.Industry.to(&b.Industry)
	p.Phone.to(&b.Phone)
	p.Email.to(&b.Email)
	p.Website.to(&b.Website)
	p.GBPURL.to(&b.GBPURL)
	p.Country.to(&b.Country)
	p.PrimaryCity.to(&b.PrimaryCity)
	p.PrimaryState.to(&b.PrimaryState)
	p.EnabledLanguages.to(&b.EnabledLanguages)
}

func businessTarget(id string) Target { return Target{Type: "business", ID: id, Business: id} }

// CreateBusiness adds a business with its empty questionnaire and hours. Its id is made here, whatever b says. Only a caller who sees every
// business adds one: whoever is bound to some would leave them by it. Errors: catalog.Problems, Rejected (the caller does not see all).
func (o *Office) CreateBusiness(ctx context.Context, by Caller, b catalog.Business) (Business, error) {
	if !by.SeesAll() {
		return Business{}, fault.New(fault.Rejected, "a business is added by those who see all")
	}
	b.ID = o.IDs.NewID()
	clean, problems := catalog.Catalog{Business: b}.Normalise()
	if err := relative(problems, "/business").Err(); err != nil {
		return Business{}, err
	}
	meta := Meta{}.next(o.now())
	f := folder{questionnaire: Questionnaire{Data: clean.Questionnaire, Meta: meta}, hours: Hours{Meta: meta}}
	f.business = Business{Business: clean.Business, Status: BusinessActive}
	keys := folderKeys(b.ID, docQuestionnaire, docHours)
	err := o.act(ctx, by, Action{"business.create", businessTarget(b.ID)}, keys, func(tx ports.Tx, n *note) error {
		tx.Get(businessKey(b.ID))
		f.save(tx, meta.CreatedAt)
		n.changed(nil, f.business.Business)
		if err := writeDocument(tx, b.ID, docQuestionnaire, f.questionnaire); err != nil {
			return err
		}
		return writeDocument(tx, b.ID, docHours, f.hours)
	})
	if err != nil {
		return Business{}, err
	}
	return f.business, nil
}

// PatchBusiness changes a business that stands at the revision. Errors: NotFound, Stale, catalog.Problems.
func (o *Office) PatchBusiness(ctx context.Context, by Caller, id string, seen int64, p BusinessPatch) (b Business, err error) {
	now := o.now()
	keys := folderKeys(id, scoreDocuments()...)
	err = o.act(ctx, by, Action{"business.update", businessTarget(id)}, keys, func(tx ports.Tx, n *note) error {
		f, err := readFolder(tx, id, scoreDocuments()...)
		if err != nil {
			return err
		}
		if err := f.was.match(seen); err != nil {
			return err
		}
		p.apply(&f.business.Business)
		clean, problems := f.catalog().Normalise()
		if err := relative(problems, "/business").Err(); err != nil {
			return err
		}
		f.business.Business = clean.Business
		if err := renameLocations(tx, &f, clean.Business.Name, o); err != nil {
			return err
		}
		n.changed(f.was.Business, clean.Business)
		f.save(tx, now)
		b = f.business
		return nil
	})
	if err != nil {
		return Business{}, err
	}
	return b, nil
}
