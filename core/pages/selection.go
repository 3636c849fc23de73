package pages

import "github.com/marketbrewer/marketbrewer/core/catalog"

// maxSelection is the most ids that one list of a selection may have.
const maxSelection = 1_000

// checkSelection refuses ids that the catalog does not have and lists that the page type has no use for.
func (in *Input) checkSelection() error {
	ids := func(n int, id func(int) string) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = id(i)
		}
		return list
	}
	c, services, locations := &in.Catalog, in.PageType.Services(), in.PageType.Locations()
	for _, s := range []struct {
		name   string
		chosen []string
		used   bool
		known  []string
	}{
		{"keyword_ids", in.Selection.KeywordIDs, !services, ids(len(c.Keywords), func(i int) string { return c.Keywords[i].ID })},
		{"service_ids", in.Selection.ServiceIDs, services, ids(len(c.Services), func(i int) string { return c.Services[i].ID })},
		{"service_area_ids", in.Selection.ServiceAreaIDs, !locations, ids(len(c.ServiceAreas), func(i int) string { return c.ServiceAreas[i].ID })},
		{"location_ids", in.Selection.LocationIDs, locations, ids(len(c.Locations), func(i int) string { return c.Locations[i].ID })},
	} {
		if err := checkIDs(s.name, in.PageType, s.chosen, s.known, s.used); err != nil {
			return err
		}
	}
	return nil
}

func checkIDs(name string, pageType catalog.PageType, chosen, known []string, used bool) error {
	switch {
	case len(chosen) == 0:
		return nil
	case !used:
		return invalid("%s has no meaning for %s; leave it out", name, pageType)
	case len(chosen) > maxSelection:
		return invalid("%s names %d ids; name at most %d", name, len(chosen), maxSelection)
	}
	exists := pick(known)
	for _, id := range chosen {
		if !exists[id] {
			return invalid("%s names %q, which the catalog does not have; correct or remove it", name, short(id, maxModel))
		}
	}
	return nil
}

// picked is a test whether a selection has an id; an empty selection has every id.
type picked map[string]bool

func pick(ids []string) picked {
	set := make(picked, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

func (s picked) has(id string) bool { return len(s) == 0 || s[id] }
