package backoffice

import (
	"reflect"
	"time"

	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/ports"
)

// folder is what a decision has read of a business besides the list that it changes.
type folder struct {
	was, business Business
	questionnaire Questionnaire
	hours         Hours
	social        rows[catalog.SocialLink]
	services      rows[catalog.Service]
	keywords      rows[catalog.Keyword]
	areas         rows[catalog.ServiceArea]
	locations     rows[catalog.Location]
}

// scoreDocuments are all that the score depends on, besides the business.
func scoreDocuments() []string {
	return []string{docQuestionnaire, docHours, docSocial, docServices, docLocations}
}

// allDocuments are all of a business but its templates.
func allDocuments() []string { return append(scoreDocuments(), docKeywords, docAreas) }

// folderKeys are the records that reading begins with.
func folderKeys(business string, documents ...string) []ports.Key {
	keys := []ports.Key{businessKey(business)}
	for _, name := range documents {
		keys = append(keys, documentKey(business, name, 0))
	}
	return keys
}

// readFolder reads a business that is there with the named documents.
func readFolder(tx ports.Tx, business string, documents ...string) (f folder, err error) {
	if f.business, err = readBusiness(tx, business); err != nil {
		return f, err
	}
	f.was = f.business
	for _, name := range documents {
		if err = f.read(tx, business, name); err != nil {
			return f, err
		}
	}
	return f, nil
}

func (f *folder) read(tx ports.Tx, business, name string) (err error) {
	switch name {
	case docQuestionnaire:
		f.questionnaire, err = readQuestionnaire(tx, business)
	case docHours:
		f.hours, err = readDocument[Hours](tx, business, name)
	case docSocial:
		f.social, err = readDocument[rows[catalog.SocialLink]](tx, business, name)
	case docServices:
		f.services, err = readDocument[rows[catalog.Service]](tx, business, name)
	case docKeywords:
		f.keywords, err = readDocument[rows[catalog.Keyword]](tx, business, name)
	case docAreas:
		f.areas, err = readDocument[rows[catalog.ServiceArea]](tx, business, name)
	case docLocations:
		f.locations, err = readDocument[rows[catalog.Location]](tx, business, name)
	}
	return err
}

// catalog is what has been read, as the rules know it.
func (f *folder) catalog() catalog.Catalog {
	return catalog.Catalog{
		Business: f.business.Business, Questionnaire: f.questionnaire.Data, Hours: f.hours.Days, SocialLinks: f.social.values(),
		Services: f.services.values(), Keywords: f.keywords.values(), ServiceAreas: f.areas.values(), Locations: f.locations.values(),
	}
}

// save writes the business where it, or its score, has changed. A new score alone is no new revision: it comes of other records, and
// whoever changes the business meanwhile has seen all that they change.
func (f *folder) save(tx ports.Tx, now time.Time) {
	f.business.Score = catalog.Completeness(f.catalog()).Score
	if reflect.DeepEqual(f.was, f.business) {
		return
	}
	rescored := f.was
	if rescored.Score = f.business.Score; !reflect.DeepEqual(rescored, f.business) {
		f.business.Meta = f.was.next(now)
	}
	tx.Put(record(businessKey(f.business.ID), kindBusiness, f.business))
}
