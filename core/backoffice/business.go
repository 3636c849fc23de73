package backoffice

import (
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

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

// CreateBusiness adds a business with its empty questionnaire and hours. Its id is made here, whatever b says. A caller who does
// not see every business sees this one from then on. Errors: catalog.Problems.
func (o *Office) CreateBusiness(ctx context.Context, by Caller, b catalog.Business) (Business, error) {
	b.ID = o.IDs.NewID()
	clean, problems := catalog.Catalog{Business: b}.Normalise()
	if err := relative(problems, "/business").Err(); err != nil {
		return Business{}, err
	}
	meta := Meta{}.next(o.now())
	f := folder{questionnaire: Questionnaire{clean.Questionnaire, meta}, hours: Hours{Meta: meta}}
	f.business = Business{Business: clean.Business, Status: BusinessActive}
	keys := append(folderKeys(b.ID, docQuestionnaire, docHours), principalKey(by.Principal))
	err := o.act(ctx, by, Action{"business.create", businessTarget(b.ID)}, keys, func(tx ports.Tx, n *note) error {
		tx.Get(businessKey(b.ID))
		f.save(tx, meta.CreatedAt)
		n.changed(nil, f.business.Business)
		if err := writeDocument(tx, b.ID, docQuestionnaire, f.questionnaire); err != nil {
			return err
		}
		if err := writeDocument(tx, b.ID, docHours, f.hours); err != nil {
			return err
		}
		return o.showTo(tx, by, b.ID)
	})
	if err != nil {
		return Business{}, err
	}
	return f.business, nil
}

// showTo lets a caller see a business that is new; one who sees all, or whom nobody knows, needs nothing.
func (o *Office) showTo(tx ports.Tx, by Caller, business string) error {
	if by.Principal == "" || by.Sees(business) {
		return nil
	}
	was, found, err := get[Principal](tx, principalKey(by.Principal))
	if err != nil || !found || was.caller("").Sees(business) {
		return err
	}
	is := was
	is.Businesses = append(slices.Clone(was.Businesses), business)
	is.Meta = was.next(o.now())
	return writePrincipal(tx, was, is)
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
