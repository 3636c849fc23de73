package httpapi

import (
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// snapshotOut is what a job runs on, without the rows and columns themselves, which its pages show: a job is asked for again and again.
type snapshotOut struct {
	SHA256        string           `json:"sha256" pattern:"^[0-9a-f]{64}$" doc:"of all that it was made from: jobs with equal ones ran on the same"`
	Business      snapshotBusiness `json:"business"`
	Questionnaire string           `json:"questionnaire_sha256" pattern:"^[0-9a-f]{64}$"`
	Rows          int              `json:"rows" minimum:"1" doc:"keywords or services, in each language"`
	Columns       int              `json:"columns" minimum:"1" doc:"service areas or locations; each row has a page for each of them"`
}

// snapshotBusiness is a business as it was.
type snapshotBusiness struct {
	Name         string             `json:"name"`
	IndustryType string             `json:"industry_type"`
	Industry     string             `json:"industry,omitempty"`
	Phone        string             `json:"phone,omitempty"`
	Email        string             `json:"email,omitempty"`
	Website      string             `json:"website,omitempty"`
	GBPURL       string             `json:"gbp_url,omitempty"`
	Country      string             `json:"country,omitempty"`
	City         string             `json:"primary_city,omitempty"`
	State        string             `json:"primary_state,omitempty"`
	Languages    []catalog.Language `json:"enabled_languages" nullable:"false" enum:"en,es"`
}

func shownSnapshot(s backoffice.Snapshot) *snapshotOut {
	b := s.Business
	return &snapshotOut{
		SHA256: s.SHA256, Questionnaire: s.QuestionnaireSHA256, Rows: s.Rows, Columns: s.Columns,
		Business: snapshotBusiness{
			Name: b.Name, IndustryType: b.IndustryType, Industry: b.Industry, Phone: b.Phone, Email: b.Email, Website: b.Website, GBPURL: b.GBPURL,
			Country: b.Country, City: b.PrimaryCity, State: b.PrimaryState, Languages: listed(b.EnabledLanguages),
		},
	}
}
