package backoffice

import (
	"cmp"
	"context"
	"slices"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// KeywordRow is a phrase that people search for.
type KeywordRow struct {
	Row[catalog.Keyword]
	// TwinID is the keyword of the same slug in the other language, empty for none.
	TwinID string
}

// KeywordPatch is a change to a keyword. A new text keeps the slug unless one is sent; a new slug is the twin's too.
type KeywordPatch struct {
	Keyword, Slug, SearchIntent Patch[string]
	Language                    Patch[catalog.Language]
}

// KeywordFilter selects keywords; zero values select all.
type KeywordFilter struct {
	Language catalog.Language
	// Query is part of the text, ignoring case and accents.
	Query string
	// Paired selects those with a twin, or those without.
	Paired *bool
}

func keywordShelf() shelf[catalog.Keyword] {
	return shelf[catalog.Keyword]{
		document: docKeywords, path: "/keywords", what: "keyword", kind: "keyword", most: catalog.MaxKeywords,
		id:    func(k *catalog.Keyword) *string { return &k.ID },
		of:    func(c *catalog.Catalog) *[]catalog.Keyword { return &c.Keywords },
		shown: twins,
		companion: func(path string) string {
			if path == "/keyword" {
				return "/keyword_es"
			}
			return path
		},
	}
}

// twins are the ids of the keywords' twins.
func twins(list rows[catalog.Keyword]) []string {
	type name struct {
		language catalog.Language
		slug     string
	}
	ids := make(map[name]string, len(list))
	for _, r := range list {
		ids[name{r.Value.Language, r.Value.Slug}] = r.Value.ID
	}
	found := make([]string, len(list))
	for i, r := range list {
		found[i] = ids[name{otherLanguage(r.Value.Language), r.Value.Slug}]
	}
	return found
}

func otherLanguage(l catalog.Language) catalog.Language {
	if l == catalog.Spanish {
		return catalog.English
	}
	return catalog.Spanish
}

func keywordRow(list rows[catalog.Keyword], at int) KeywordRow {
	return KeywordRow{list[at], twins(list)[at]}
}

// keywordKey sorts by slug, English first.
func keywordKey(r KeywordRow) string {
	return r.Value.Slug + "\x00" + string(r.Value.Language) + "\x00" + r.Value.ID
}

// Keywords lists them by slug, English before Spanish. It is fault.NotFound when there is no such business.
func (o *Office) Keywords(ctx context.Context, business string, f KeywordFilter, limit int, cursor string) ([]KeywordRow, string, error) {
	list, err := keywordShelf().read(ctx, o, business)
	if err != nil {
		return nil, "", err
	}
	ids := twins(list)
	given := []KeywordRow{}
	for i, r := range list {
		if row := (KeywordRow{r, ids[i]}); f.wants(row) {
			given = append(given, row)
		}
	}
	slices.SortFunc(given, func(a, b KeywordRow) int { return cmp.Compare(keywordKey(a), keywordKey(b)) })
	given, cursor = page(given, keywordKey, limit, cursor)
	return given, cursor, nil
}

func (f KeywordFilter) wants(r KeywordRow) bool {
	return (f.Language == "" || f.Language == r.Value.Language) && contains(r.Value.Keyword, f.Query) &&
		(f.Paired == nil || *f.Paired == (r.TwinID != ""))
}

// Keyword reads one. Errors: NotFound.
func (o *Office) Keyword(ctx context.Context, business, id string) (KeywordRow, error) {
	list, at, err := keywordShelf().one(ctx, o, business, id)
	if err != nil {
		return KeywordRow{}, err
	}
	return keywordRow(list, at), nil
}

// CreateKeyword adds one, with its Spanish twin when KeywordES is there, or as the twin of TranslationOf (an id, a slug or a
// text). Errors: NotFound, catalog.Problems, Duplicate.
func (o *Office) CreateKeyword(ctx context.Context, by Caller, business string, k catalog.Keyword) (KeywordRow, error) {
	k.ID = o.IDs.NewID()
	pair, problems := pairOf(k, o.IDs.NewID())
	if err := problems.Err(); err != nil {
		return KeywordRow{}, err
	}
	return o.changeKeyword(ctx, by, "keyword.create", business, k.ID, func(d *desk[catalog.Keyword]) error {
		d.add(pair...)
		return nil
	})
}

// pairOf makes the rows of a keyword with KeywordES: itself and its twin, which gets the other id.
func pairOf(k catalog.Keyword, id string) ([]catalog.Keyword, catalog.Problems) {
	if k.KeywordES == "" {
		return []catalog.Keyword{k}, nil
	}
	// The rules make the twin; here each row gets an id of its own.
	made, problems := catalog.Catalog{Keywords: []catalog.Keyword{k}}.Normalise()
	if told := relative(problems, "/keywords/0"); len(told) > 0 {
		return nil, told
	}
	if len(made.Keywords) == 2 {
		made.Keywords[1].ID = id
	}
	return made.Keywords, nil
}

func (o *Office) changeKeyword(ctx context.Context, by Caller, action, business, id string, decide func(d *desk[catalog.Keyword]) error) (KeywordRow, error) {
	s := keywordShelf()
	list, err := s.change(ctx, o, by, action, business, id, decide)
	if err != nil {
		return KeywordRow{}, err
	}
	return keywordRow(list, s.find(list, id)), nil
}

// PatchKeyword changes one that stands at the revision. Errors: NotFound, Stale, catalog.Problems, Duplicate.
func (o *Office) PatchKeyword(ctx context.Context, by Caller, business, id string, seen int64, p KeywordPatch) (KeywordRow, error) {
	return o.changeKeyword(ctx, by, "keyword.update", business, id, func(d *desk[catalog.Keyword]) error {
		k, err := d.row(id, seen)
		if err != nil {
			return err
		}
		twin := keywordRow(d.is, d.find(d.is, id)).TwinID
		p.Keyword.to(&k.Keyword)
		p.SearchIntent.to(&k.SearchIntent)
		p.Language.to(&k.Language)
		if p.Slug.Set {
			p.Slug.to(&k.Slug)
			follow(d, k, twin)
		}
		return nil
	})
}

// follow gives the twin the new slug of its keyword; one that is cleared follows from the text anew.
func follow(d *desk[catalog.Keyword], k *catalog.Keyword, twin string) {
	if twin == "" {
		return
	}
	if k.Slug == "" {
		k.Slug = catalog.ToSlug(k.Keyword)
	}
	at := d.find(d.is, twin)
	d.is[at].Value.Slug = k.Slug
	d.touched = append(d.touched, twin)
}

// DeleteKeyword removes one that stands at the revision, and its twin when pair is true. Errors: NotFound, Stale.
func (o *Office) DeleteKeyword(ctx context.Context, by Caller, business, id string, seen int64, pair bool) error {
	_, err := keywordShelf().change(ctx, o, by, "keyword.delete", business, id, func(d *desk[catalog.Keyword]) error {
		if _, err := d.row(id, seen); err != nil {
			return err
		}
		twin := keywordRow(d.is, d.find(d.is, id)).TwinID
		if d.remove(id); pair && twin != "" {
			d.remove(twin)
		}
		return nil
	})
	return err
}
