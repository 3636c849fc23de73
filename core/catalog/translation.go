package catalog

// translations gives every keyword with translation_of the slug of the keyword that it names.
func (k *checker) translations(entries []entry) {
	var index twinIndex
	for i := range entries {
		e := &entries[i]
		if e.TranslationOf == "" {
			continue
		}
		if index == nil {
			index = indexTwins(entries)
		}
		k.translation(e, index)
		e.TranslationOf = ""
	}
}

func (k *checker) translation(e *entry, index twinIndex) {
	path := e.path + "/translation_of"
	slug, ok := index.find(other(e.Language), e.TranslationOf)
	switch {
	case !ok && e.Language == English:
		k.add(path, "no Spanish keyword has the id, slug or text %s; correct it, or set language: es on this row", shown(e.TranslationOf)).
			as(CodeUnknown).plainly("no Spanish keyword has this id, slug or text; correct it, or set language: es on this row")
	case !ok:
		k.add(path, "no English keyword has the id, slug or text %s; correct it or add that keyword", shown(e.TranslationOf)).
			as(CodeUnknown).plainly("no English keyword has this id, slug or text; correct it or add that keyword")
	case e.Slug != "" && e.Slug != slug:
		k.add(e.path+"/slug", "%s differs from the slug %s of the keyword that it translates; remove this slug", shown(e.Slug), slug).
			plainly("this value differs from the slug of the keyword that it translates; remove this slug")
	}
	if ok {
		e.Slug = slug
	}
}

func other(language Language) Language {
	if language == Spanish {
		return English
	}
	return Spanish
}

// twinIndex finds a keyword's slug: by id, by slug, by text.
type twinIndex map[Language]*[3]map[string]string

func indexTwins(entries []entry) twinIndex {
	index := twinIndex{}
	for _, language := range Languages() {
		index[language] = &[3]map[string]string{{}, {}, {}}
	}
	for _, e := range entries {
		by := index[e.Language]
		if by == nil || e.Slug == "" || e.TranslationOf != "" {
			continue
		}
		id := e.ID
		if id == "" {
			id = defaultID(defaultKeywordID(e.Keyword))
		}
		for i, name := range []string{id, e.Slug, FoldCase(e.Keyword.Keyword)} {
			if _, taken := by[i][name]; !taken {
				by[i][name] = e.Slug
			}
		}
	}
	return index
}

func (x twinIndex) find(language Language, name string) (string, bool) {
	by := x[language]
	for i, key := range []string{name, name, FoldCase(name)} {
		if slug, ok := by[i][key]; ok {
			return slug, true
		}
	}
	return "", false
}
