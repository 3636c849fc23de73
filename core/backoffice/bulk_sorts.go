package backoffice

import (
	"context"
	"fmt"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// alone unpacks rows of one entry each, which put makes.
func alone[T any](put func(v *T, id string)) func(*lot[T]) unpack[T] {
	return func(*lot[T]) unpack[T] {
		return func(p *parcel[T], ids [2]string) {
			v := p.input.Value
			put(&v, ids[0])
			p.entries = []T{v}
		}
	}
}

// BulkServices adds services. One bad row never stops the others unless all or nothing is asked for. Errors: NotFound,
// catalog.Problems (more than MaxBulkRows rows), Invalid (the list is too large for its store).
func (o *Office) BulkServices(ctx context.Context, by Caller, business string, in []BulkInput[catalog.Service], opt BulkOptions) (BulkResult, error) {
	im := importer[catalog.Service]{shelf: serviceShelf(), unpacker: alone(func(s *catalog.Service, id string) { s.ID = id })}
	return im.run(ctx, o, by, business, in, opt)
}

// BulkServiceAreas is BulkServices for service areas.
func (o *Office) BulkServiceAreas(ctx context.Context, by Caller, business string, in []BulkInput[catalog.ServiceArea], opt BulkOptions) (BulkResult, error) {
	im := importer[catalog.ServiceArea]{shelf: areaShelf(), unpacker: alone(func(a *catalog.ServiceArea, id string) { a.ID = id })}
	return im.run(ctx, o, by, business, in, opt)
}

// BulkKeywords is BulkServices for keywords. A row whose English text is there without a Spanish twin adds the twin.
func (o *Office) BulkKeywords(ctx context.Context, by Caller, business string, in []BulkInput[catalog.Keyword], opt BulkOptions) (BulkResult, error) {
	return importer[catalog.Keyword]{shelf: keywordShelf(), unpacker: keywordUnpacker}.run(ctx, o, by, business, in, opt)
}

func keywordUnpacker(l *lot[catalog.Keyword]) unpack[catalog.Keyword] {
	known := pairsOf(l.was)
	return func(p *parcel[catalog.Keyword], ids [2]string) {
		k := p.input.Value
		k.ID = ids[0]
		pair, problems := pairOf(k, ids[1])
		if len(problems) > 0 {
			p.fail(problems...)
			return
		}
		p.entries = pair
		if len(pair) < 2 {
			return
		}
		if standing, is := known[catalog.FoldCase(pair[0].Keyword)]; is {
			onlyTwin(l, p, standing)
		}
	}
}

// pair is an English keyword that is there, and its Spanish twin, nil for none.
type pair struct{ english, spanish *catalog.Keyword }

// pairsOf finds the pairs by the English text, as the rules compare it.
func pairsOf(list rows[catalog.Keyword]) map[string]pair {
	bySlug := map[string]*catalog.Keyword{}
	for i := range list {
		if v := &list[i].Value; v.Language == catalog.Spanish {
			bySlug[v.Slug] = v
		}
	}
	found := map[string]pair{}
	for i := range list {
		if v := &list[i].Value; v.Language == catalog.English {
			found[catalog.FoldCase(v.Keyword)] = pair{v, bySlug[v.Slug]}
		}
	}
	return found
}

// onlyTwin leaves the twin of a pair whose English keyword is there, under that one's slug.
func onlyTwin(l *lot[catalog.Keyword], p *parcel[catalog.Keyword], standing pair) {
	switch {
	case standing.spanish == nil:
		p.entries = p.entries[1:]
		p.entries[0].Slug = standing.english.Slug
	case catalog.FoldCase(standing.spanish.Keyword) == catalog.FoldCase(p.entries[1].Keyword):
		l.duplicate(p, BulkSkipped, standing.english.ID, catalog.Problems{{Path: "/keyword", Code: catalog.CodeDuplicate, Message: "the business has this keyword and its Spanish twin already"}})
	default:
		p.fail(catalog.Problem{Path: "/keyword_es", Code: catalog.CodeDuplicate, Message: "the business has this keyword with another Spanish twin already; change that one"})
	}
}

// BulkLocations is BulkServices for locations. One of the same name, city and state is a duplicate, unless street address or slug
// differ.
func (o *Office) BulkLocations(ctx context.Context, by Caller, business string, in []BulkInput[catalog.Location], opt BulkOptions) (BulkResult, error) {
	im := importer[catalog.Location]{shelf: locationShelf(), twice: sameStores, unpacker: alone(func(v *catalog.Location, id string) {
		v.ID, v.ArchivedAt, v.ArchiveReason = id, "", ""
	})}
	if opt.AutoCreateAreas {
		im.finish, im.besides = addAreas, []string{docAreas}
	}
	return im.run(ctx, o, by, business, in, opt)
}

// sameStores finds the new locations that say no more than one before them.
func sameStores(list rows[catalog.Location], n int) (problems catalog.Problems) {
	by := map[string][]int{}
	streets := make([]string, len(list)) // folded once: a chain may have all its stores in one city
	for i, r := range list {
		streets[i] = catalog.Fold(r.Value.StreetAddress)
		key := catalog.Fold(r.Value.Name) + "\x00" + catalog.ToCityStateSlug(r.Value.City, r.Value.State)
		for _, j := range by[key] {
			if i >= n && sameSlug(list[j].Value.Slug, r.Value.Slug) && sameStreet(streets[j], streets[i]) {
				problems = append(problems, catalog.Problem{
					Path: fmt.Sprintf("/locations/%d/name", i), Other: fmt.Sprintf("/locations/%d/name", j), Code: catalog.CodeDuplicate,
					Message: "the business has a location of this name in this city already",
				})
				break
			}
		}
		by[key] = append(by[key], i)
	}
	return problems
}

// sameSlug reports whether the slug b is none of its own beside a.
func sameSlug(a, b string) bool { return b == "" || b == a }

// sameStreet reports whether two addresses may be one; one that is not said may be any.
func sameStreet(a, b string) bool { return a == "" || b == "" || a == b }
