package catalog

// Keyword is a phrase that people search for. The English and the Spanish keyword with one slug are twins.
type Keyword struct {
	// ID is LANGUAGE-SLUG unless given.
	ID string `json:"id,omitempty"`
	// Keyword is the phrase, 2 to 100 characters.
	Keyword string `json:"keyword"`
	// Language is en unless said.
	Language Language `json:"language,omitempty"`
	// Slug is the twin's, else ToSlug(Keyword), unless given; unique per language.
	Slug string `json:"slug,omitempty"`
	// SearchIntent is transactional, informational, navigational, local or commercial; may be empty.
	SearchIntent string `json:"search_intent,omitempty"`
	// KeywordES, on an English keyword, makes its Spanish twin. Normalise turns it into a row after this one.
	KeywordES string `json:"keyword_es,omitempty"`
	// TranslationOf names the twin by its id, slug or text. Normalise replaces it by the twin's slug.
	TranslationOf string `json:"translation_of,omitempty"`
}

// entry is a keyword with the place in the document that it comes from.
type entry struct {
	Keyword
	path string
	// twin is true for a row made from keyword_es: path is then that member's.
	twin bool
}

// at is the path of one of the row's members.
func (e entry) at(member string) string {
	if e.twin {
		return e.path
	}
	return e.path + "/" + member
}

func (k *checker) keywords(keywords []Keyword) []Keyword {
	const path = "/keywords"
	entries := make([]entry, 0, len(keywords))
	for i, row := range keywords {
		entries = append(entries, k.keyword(entry{Keyword: row, path: at(path, i)}))
	}
	k.translations(entries)
	entries = k.twins(entries)
	k.limit(path, len(entries), MaxKeywords)
	return k.uniqueKeywords(entries)
}

// keyword checks one row by itself.
func (k *checker) keyword(e entry) entry {
	k.line(e.at("keyword"), &e.Keyword.Keyword, required, 2, 100)
	language := string(e.Language)
	k.choice(e.path+"/language", &language, string(English), string(English), string(Spanish))
	e.Language = Language(language)
	k.choice(e.path+"/search_intent", &e.SearchIntent, "",
		"transactional", "informational", "navigational", "local", "commercial")
	k.line(e.path+"/keyword_es", &e.KeywordES, optional, 2, 100)
	k.line(e.path+"/translation_of", &e.TranslationOf, optional, 1, 200)
	if e.TranslationOf == "" {
		k.slug(e.path+"/slug", &e.Slug, ToSlug(e.Keyword.Keyword), e.Keyword.Keyword)
	}
	if e.KeywordES != "" && e.Language == Spanish {
		k.add(e.path+"/keyword_es", "this keyword is Spanish itself; remove keyword_es, or language: es")
		e.KeywordES = ""
	}
	return e
}

// twins puts a Spanish row after each English one that has keyword_es.
func (k *checker) twins(entries []entry) []entry {
	out := make([]entry, 0, len(entries))
	for _, e := range entries {
		spanish := e.KeywordES
		e.KeywordES = ""
		out = append(out, e)
		if spanish == "" {
			continue
		}
		out = append(out, entry{
			Keyword: Keyword{Keyword: spanish, Language: Spanish, Slug: e.Slug, SearchIntent: e.SearchIntent},
			path:    e.path + "/keyword_es", twin: true,
		})
	}
	return out
}

// uniqueKeywords assigns ids and refuses what is there twice.
func (k *checker) uniqueKeywords(entries []entry) []Keyword {
	slugs := map[Language]*claims{English: k.unique("slug"), Spanish: k.unique("slug")}
	texts := map[Language]*claims{English: k.unique("keyword"), Spanish: k.unique("keyword")}
	ids := k.unique("id")
	out := make([]Keyword, 0, len(entries))
	for _, e := range entries {
		free := true
		if s := slugs[e.Language]; s != nil {
			free = s.claim(e.at("slug"), e.Slug)
			if free {
				texts[e.Language].claim(e.at("keyword"), FoldCase(e.Keyword.Keyword))
			}
		}
		ids.identify(e.at("id"), &e.ID, defaultKeywordID(e.Keyword), free)
		out = append(out, e.Keyword)
	}
	return orNil(out)
}

func defaultKeywordID(w Keyword) string {
	if w.Slug == "" {
		return ""
	}
	return string(w.Language) + "-" + w.Slug
}
