package backoffice

import (
	"context"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Questionnaire is what a business says about itself.
type Questionnaire struct {
	Data catalog.Questionnaire `json:"data"`
	// Score is the completeness of the business; it is kept there.
	Score int `json:"-"`
	Meta
}

// readQuestionnaire fills in the defaults where there is none yet.
func readQuestionnaire(tx ports.Tx, business string) (Questionnaire, error) {
	q, err := readDocument[Questionnaire](tx, business, docQuestionnaire)
	if err == nil && q.Revision == 0 {
		empty, _ := catalog.Catalog{}.Normalise()
		q.Data = empty.Questionnaire
	}
	return q, err
}

// Questionnaire reads it. It is fault.NotFound when there is no such business.
func (o *Office) Questionnaire(ctx context.Context, business string) (q Questionnaire, err error) {
	err = o.view(ctx, folderKeys(business, docQuestionnaire), func(tx ports.Tx) error {
		f, err := readFolder(tx, business, docQuestionnaire)
		q = f.questionnaire
		q.Score = f.business.Score
		return err
	})
	return q, err
}

// PutQuestionnaire replaces the whole document that stands at the revision. Errors: NotFound, Stale, catalog.Problems (their
// paths begin at the document: /identity/tagline).
func (o *Office) PutQuestionnaire(ctx context.Context, by Caller, business string, seen int64, data catalog.Questionnaire) (q Questionnaire, err error) {
	clean, problems := catalog.Catalog{Questionnaire: data}.Normalise()
	told := relative(problems, "/questionnaire")
	if year := clean.Questionnaire.Identity.YearEstablished; year != nil && *year > o.now().Year() && len(relative(told, "/identity/year_established")) == 0 {
		told = append(told, catalog.Problem{Path: "/identity/year_established", Code: catalog.CodeOutOfRange, Message: "this year is in the future; correct it"})
	}
	if err := told.Err(); err != nil {
		return Questionnaire{}, err
	}
	err = o.put(ctx, by, "questionnaire.update", business, docQuestionnaire, func(f *folder, n *note) (any, error) {
		was := f.questionnaire
		if err := was.match(seen); err != nil {
			return nil, err
		}
		f.questionnaire = Questionnaire{Data: clean.Questionnaire, Meta: was.next(o.now())}
		n.changed(was.Data, clean.Questionnaire)
		q = f.questionnaire
		q.Score = catalog.Completeness(f.catalog()).Score
		return q, nil
	})
	if err != nil {
		return Questionnaire{}, err
	}
	return q, nil
}

// put replaces a document of a business by what change returns, and scores anew.
func (o *Office) put(ctx context.Context, by Caller, action, business, document string, change func(f *folder, n *note) (any, error)) error {
	now := o.now()
	target := Target{Type: document, ID: business, Business: business}
	return o.act(ctx, by, Action{action, target}, folderKeys(business, scoreDocuments()...), func(tx ports.Tx, n *note) error {
		f, err := readFolder(tx, business, scoreDocuments()...)
		if err != nil {
			return err
		}
		v, err := change(&f, n)
		if err != nil {
			return err
		}
		f.save(tx, now)
		return writeDocument(tx, business, document, v)
	})
}
