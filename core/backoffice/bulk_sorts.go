package backoffice

import (
	"context"
	"fmt"
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// BulkServices adds services. One bad row never stops the others unless all or nothing is asked for. Errors: NotFound,
// catalog.Problems (more than MaxBulkRows rows).
func (o *Office) BulkServices(ctx context.Context, by Caller, business string, in []BulkInput[catalog.Service], opt BulkOptions) (BulkResult, error) {
	return importer[catalog.Service]{shelf: serviceShelf(), unpack: func(_ *lot[catalog.Service], p *parcel[catalog.Service], ids [2]string) {
		s := p.input.Value
		s.ID = ids[0]
		p.entries = []catalog.Service{s}
	}}.run(ctx, o, by, business, in, opt)
}

// BulkServiceAreas is BulkServices for service areas.
func (o *Office) BulkServiceAreas(ctx context.Context, by Caller, business string, in []BulkInput[catalog.ServiceArea], opt BulkOptions) (BulkResult, error) {
	return importer[catalog.ServiceArea]{shelf: areaShelf(), unpack: func(_ *lot[catalog.ServiceArea], p *parcel[catalog.ServiceArea], ids [2]string) {
		a := p.input.Value
		a.ID = ids[0]
		p.entries = []catalog.ServiceArea{a}
	}}.run(ctx, o, by, business, in, opt)
}

// BulkKeywords is BulkServices for keywords. A row whose English text is there without a Spanish twin adds the twin.
func (o *Office) BulkKeywords(ctx context.Context, by Caller, business string, in []BulkInput[catalog.Keyword], opt BulkOptions) (BulkResult, error) {
	return importer[catalog.Keyword]{shelf: keywordShelf(), unpack: unpackKeyword}.run(ctx, o, by, business, in, opt)
}

func unpackKeyword(l *lot[catalog.Keyword], p *parcel[catalog.Keyword], ids [2]string) {
	k := p.input.Value
	k.ID = ids[0]
	pair, problems := pairOf(k, ids[1])
	if len(problems) > 0 {
		p.fail(problems...)
		return
	}
	if p.entries = pair; len(pair) == 2 {
		onlyTwin(l, p)
	}
}

// onlyTwin leaves the twin of a pair whose English keyword is there, under that one's slug.
func onlyTwin(l *lot[catalog.Keyword], p *parcel[catalog.Keyword]) {
	ids := twins(l.was)
	for i, r := range l.was {
		if r.Value.Language != catalog.English || !sameText(r.Value.Keyword, p.entries[0].Keyword) {
			continue
		}
		at := l.find(l.was, ids[i])
		switch {
		case at < 0:
			p.entries = p.entries[1:]
			p.entries[0].Slug = r.Value.Slug
		case sameText(l.was[at].Value.Keyword, p.entries[1].Keyword):
			l.duplicate(p, BulkSkipped, r.Value.ID, catalog.Problems{{Path: "/keyword", Code: catalog.CodeDuplicate, Message: "the business has this keyword and its Spanish twin already"}})
		default:
			p.fail(catalog.Problem{Path: "/keyword_es", Code: catalog.CodeDuplicate, Message: "the business has this keyword with another Spanish twin already; change that one"})
		}
		return
	}
}

// sameText is the comparison of the rules: case does not count.
func sameText(a, b string) bool {
	return strings.EqualFold(a, b)
}

// BulkLocations is BulkServices for locations. One of the same name, city and state is a duplicate, unless street address or slug
// differ.
func (o *Office) BulkLocations(ctx context.Context, by Caller, business string, in []BulkInput[catalog.Location], opt BulkOptions) (BulkResult, error) {
	im := importer[catalog.Location]{shelf: locationShelf(), unpack: unpackLocation, twice: sameStores}
	if opt.AutoCreateAreas {
		im.finish = addAreas
	}
	return im.run(ctx, o, by, business, in, opt)
}

func unpackLocation(_ *lot[catalog.Location], p *parcel[catalog.Location], ids [2]string) {
	v := p.input.Value
	v.ID, v.ArchivedAt, v.ArchiveReason = ids[0], "", ""
	p.entries = []catalog.Location{v}
}

// sameStores finds the new locations that say no more than one before them.
func sameStores(list rows[catalog.Location], n int) (problems catalog.Problems) {
	by := map[string][]int{}
	for i, r := range list {
		key := catalog.Fold(r.Value.Name) + "\x00" + catalog.ToCityStateSlug(r.Value.City, r.Value.State)
		for _, j := range by[key] {
			if i >= n && sameStore(list[j].Value, r.Value) {
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

// sameStore reports whether b, of the same name and city, says no more than a.
func sameStore(a, b catalog.Location) bool {
	return (b.Slug == "" || b.Slug == a.Slug) && (b.StreetAddress == "" || a.StreetAddress == "" || catalog.Fold(a.StreetAddress) == catalog.Fold(b.StreetAddress))
}

// addAreas adds the city of each new active store as a service area that it serves, where the business has none.
func addAreas(l *lot[catalog.Location], business string, ids []string) (int, error) {
	d, err := areaShelf().open(l.tx, business, l.now)
	if err != nil {
		return 0, err
	}
	d.folder.locations = l.is
	taken := map[string]bool{}
	for _, r := range d.was {
		taken[r.Value.Slug] = true
	}
	for i, r := range l.is[len(l.was):] {
		slug := catalog.ToCityStateSlug(r.Value.City, r.Value.State)
		if r.Value.Status != catalog.StatusActive || r.Value.Archived() || taken[slug] || len(d.is) == d.most {
			continue
		}
		taken[slug] = true
		d.add(catalog.ServiceArea{ID: ids[i], City: r.Value.City, State: r.Value.State, Country: r.Value.Country, LocationID: r.Value.ID})
	}
	if err := d.normalise(); err != nil {
		return 0, err
	}
	return len(d.is) - len(d.was), d.close(business)
}
