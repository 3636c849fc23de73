package pages

import (
	"strings"

	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// The commonest function words of each language, folded, without those that are words of both.
const (
	englishWords = "the and of to in is for with you your our we that this are or on at it be from by an have has can will not but they " +
		"their if when what how which who was were do does more any all there than these those its into about so before after"
	spanishWords = "el la los las de del y en que un una por para con su sus es se al lo como mas o pero si sin sobre le les nos " +
		"nuestro nuestra nuestros nuestras usted ustedes cuando donde esta estan ser son hay muy tambien este estos estas ya desde hasta entre cada"
)

var functionWords = indexFunctionWords()

func indexFunctionWords() map[string]catalog.Language {
	index := map[string]catalog.Language{}
	for language, list := range map[catalog.Language]string{catalog.English: englishWords, catalog.Spanish: spanishWords} {
		for _, word := range strings.Fields(list) {
			index[word] = language
		}
	}
	return index
}

// checkLanguage wants more function words of the page's language than of the other.
func (j *judge) checkLanguage() {
	count := map[catalog.Language]int{}
	for _, text := range j.folded {
		for _, word := range strings.FieldsFunc(text, notWord) {
			if language, ok := functionWords[word]; ok {
				count[language]++
			}
		}
	}
	asked, other := catalog.English, catalog.Spanish
	if j.row.language == catalog.Spanish {
		asked, other = other, asked
	}
	if count[asked] <= count[other] {
		j.breach("language", "the page is not in "+languageName(asked)+"; write all of it in "+languageName(asked))
	}
}
