package httpapi

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// section is a part of a document that may be left out or null.
type section[T any] struct{ value T }

// UnmarshalJSON reads the part; null is an empty one.
func (s *section[T]) UnmarshalJSON(body []byte) error { return json.Unmarshal(body, &s.value) }

// MarshalJSON writes the part.
func (s section[T]) MarshalJSON() ([]byte, error) { return json.Marshal(s.value) }

// Schema implements huma.SchemaProvider.
func (section[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// facts are what a trade asks for besides.
type facts map[string]string

// Schema implements huma.SchemaProvider.
func (facts) Schema(huma.Registry) *huma.Schema {
	most, longest, shortest := 30, 500, 1
	value := &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest}
	value.PrecomputeMessages()
	return &huma.Schema{
		Type: huma.TypeObject, Nullable: true, MaxProperties: &most, Description: "facts of the trade; templates name them industry_data.KEY",
		AdditionalProperties: value,
		Extensions:           map[string]any{"propertyNames": map[string]any{"pattern": "^[a-z][a-z0-9_]{0,39}$"}},
	}
}

type profileIdentity struct {
	Tagline   *string `json:"tagline" required:"false" maxLength:"160"`
	Year      *int    `json:"year_established" required:"false" minimum:"1800" maximum:"9999" doc:"not in the future"`
	OwnerName *string `json:"owner_name" required:"false" maxLength:"120"`
}

type profileAudience struct {
	Target    *string  `json:"target_description" required:"false" maxLength:"1000"`
	Languages []string `json:"languages" required:"false" maxItems:"10" doc:"what the customers speak, in own words: 1 to 40 characters each"`
}

type profileBrand struct {
	Voice           *string  `json:"voice_tone" required:"false" maxLength:"60" doc:"professional (the default), casual, friendly, authoritative, playful, or own words"`
	CallToAction    *string  `json:"call_to_action" required:"false" maxLength:"300"`
	Forbidden       []string `json:"forbidden_terms" required:"false" maxItems:"50" doc:"what no page may say: 1 to 60 characters each"`
	Differentiators []string `json:"differentiators" required:"false" maxItems:"10" doc:"what sets the business apart: 1 to 160 characters each"`
}

// profileData is the questionnaire as it is sent.
type profileData struct {
	Identity    section[profileIdentity] `json:"identity" required:"false"`
	Audience    section[profileAudience] `json:"audience" required:"false"`
	Brand       section[profileBrand]    `json:"brand" required:"false"`
	ServiceType choice[string, wheres]   `json:"service_type" required:"false" doc:"onsite: customers come (the default); mobile: the business comes"`
	Industry    facts                    `json:"industry_data" required:"false"`
}

// profileShown is the questionnaire as it is answered, which has the same members.
type profileShown profileData

func said(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

func (d profileData) value() catalog.Questionnaire {
	who, whom, how := d.Identity.value, d.Audience.value, d.Brand.value
	return catalog.Questionnaire{
		Identity:    catalog.Identity{Tagline: said(who.Tagline), YearEstablished: who.Year, OwnerName: said(who.OwnerName)},
		Audience:    catalog.Audience{TargetDescription: said(whom.Target), Languages: whom.Languages},
		Brand:       catalog.Brand{VoiceTone: said(how.Voice), CallToAction: said(how.CallToAction), ForbiddenTerms: how.Forbidden, Differentiators: how.Differentiators},
		ServiceType: or(d.ServiceType.Patch), IndustryData: d.Industry,
	}
}

func shownProfile(q catalog.Questionnaire) profileShown {
	d := profileShown{ServiceType: chosen[string, wheres](q.ServiceType), Industry: q.IndustryData}
	if d.Industry == nil {
		d.Industry = facts{}
	}
	d.Identity.value = profileIdentity{null(q.Identity.Tagline), q.Identity.YearEstablished, null(q.Identity.OwnerName)}
	d.Audience.value = profileAudience{null(q.Audience.TargetDescription), listed(q.Audience.Languages)}
	d.Brand.value = profileBrand{null(q.Brand.VoiceTone), null(q.Brand.CallToAction), listed(q.Brand.ForbiddenTerms), listed(q.Brand.Differentiators)}
	return d
}

type profileOut struct {
	ID   string       `json:"id" doc:"that of the business"`
	Data profileShown `json:"data"`
	// Score is that of the business.
	Score int `json:"completeness_score" minimum:"0" maximum:"100" doc:"how complete the profile is"`
	MetaOut
}

type profileBody struct {
	ETag string `header:"ETag"`
	Body struct {
		Questionnaire profileOut `json:"questionnaire"`
	}
}

func oneProfile(business string, q backoffice.Questionnaire, err error) (*profileBody, error) {
	if err != nil {
		return nil, under("/data", err)
	}
	out := profileBody{ETag: etag(q.Revision, q.Score)}
	out.Body.Questionnaire = profileOut{ID: business, Data: shownProfile(q.Data), Score: q.Score, MetaOut: shownMeta(q.Meta)}
	return &out, nil
}

// defineProfile are the rows of what a business says about itself.
func defineProfile(a *API) {
	const form, tag = businessPath + "/questionnaire", "questionnaire"
	add(a, route{method: http.MethodGet, path: businessPath + "/completeness", id: "completeness-get", summary: "How complete the profile is", tag: "completeness", role: backoffice.Viewer}, a.completeness)
	add(a, route{method: http.MethodGet, path: form, id: "questionnaire-get", summary: "What the business says about itself", tag: tag, role: backoffice.Viewer}, a.questionnaire)
	add(a, route{method: http.MethodPut, path: form, id: "questionnaire-update", summary: "Replace the questionnaire", tag: tag, role: backoffice.Operator, revised: true}, a.putQuestionnaire)
	defineHours(a)
	defineSocial(a)
}

func (a *API) questionnaire(ctx context.Context, _ *call, in *InBusiness) (*profileBody, error) {
	q, err := a.office.Questionnaire(ctx, in.Business)
	return oneProfile(in.Business, q, err)
}

func (a *API) putQuestionnaire(ctx context.Context, c *call, in *struct {
	InBusiness
	Revised
	Body struct {
		Data profileData `json:"data"`
	}
},
) (*profileBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	q, err := a.office.PutQuestionnaire(ctx, c.Caller, in.Business, revision, in.Body.Data.value())
	return oneProfile(in.Business, q, err)
}

type completenessItem struct {
	Key    string  `json:"key"`
	Points float64 `json:"points" doc:"what it counts"`
	Earned bool    `json:"earned" doc:"whether it is there"`
}

type completenessBody struct {
	Body struct {
		Score int                `json:"score" minimum:"0" maximum:"100"`
		Gate  int                `json:"gate" doc:"below it no job begins"`
		Ready bool               `json:"ready" doc:"whether the gate is reached"`
		Items []completenessItem `json:"items" nullable:"false"`
	}
}

func (a *API) completeness(ctx context.Context, _ *call, in *InBusiness) (*completenessBody, error) {
	score, err := a.office.Completeness(ctx, in.Business)
	if err != nil {
		return nil, err
	}
	var out completenessBody
	out.Body.Score, out.Body.Gate, out.Body.Ready = score.Score, catalog.Gate, score.Score >= catalog.Gate
	out.Body.Items = shownAll(score.Items, func(i catalog.Item) completenessItem {
		return completenessItem{Key: i.Key, Points: float64(i.Points) / 2, Earned: i.Earned}
	})
	return &out, nil
}
