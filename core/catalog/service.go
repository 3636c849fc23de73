package catalog

// Service is something that the business offers. The order of the list is the services' position.
type Service struct {
	// ID is the slug unless given.
	ID string `json:"id,omitempty"`
	// Name is English, NameES Spanish; 1 to 120 characters. Without NameES the service has no Spanish pages.
	Name   string `json:"name"`
	NameES string `json:"name_es,omitempty"`
	// Slug is ToSlug(Name) unless given; unique.
	Slug string `json:"slug,omitempty"`
	// IsPrimary marks the one main service: the first of the list unless said.
	IsPrimary bool `json:"is_primary,omitempty"`
}

func (k *checker) services(services []Service) []Service {
	const path = "/services"
	k.limit(path, len(services), MaxServices)
	slugs, ids := k.unique("slug"), k.unique("id")
	primary := -1
	for i := range services {
		s, here := &services[i], at(path, i)
		k.line(here+"/name", &s.Name, required, 1, 120)
		k.line(here+"/name_es", &s.NameES, optional, 1, 120)
		k.slug(here+"/slug", &s.Slug, ToSlug(s.Name), s.Name)
		free := slugs.claim(here+"/slug", s.Slug)
		ids.identify(here+"/id", &s.ID, s.Slug, free)
		if !s.IsPrimary {
			continue
		}
		if primary >= 0 {
			k.add(here+"/is_primary", "%s is primary already; keep one primary service", at(path, primary)).
				as(CodeDuplicate).against(at(path, primary)).plainly("another service is primary already; keep one primary service")
			continue
		}
		primary = i
	}
	if primary < 0 && len(services) > 0 {
		services[0].IsPrimary = true
	}
	return orNil(services)
}
