package httpapi

import (
	"context"
	"net/http"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
)

// dayHours is a day, asked for and answered alike.
type dayHours struct {
	Day    string  `json:"day_of_week" enum:"Monday,Tuesday,Wednesday,Thursday,Friday,Saturday,Sunday"`
	Opens  *string `json:"opens" required:"false" maxLength:"5" doc:"HH:MM; null on a closed day" example:"09:00"`
	Closes *string `json:"closes" required:"false" maxLength:"5" doc:"HH:MM or 24:00; earlier than opens means past midnight" example:"17:30"`
	Closed bool    `json:"is_closed" required:"false" default:"false"`
}

func (d dayHours) value() catalog.DayHours {
	return catalog.DayHours{DayOfWeek: d.Day, Opens: said(d.Opens), Closes: said(d.Closes), IsClosed: d.Closed}
}

func shownDay(d catalog.DayHours) dayHours {
	return dayHours{Day: d.DayOfWeek, Opens: null(d.Opens), Closes: null(d.Closes), Closed: d.IsClosed}
}

type hoursOut struct {
	ID   string     `json:"id" doc:"that of the business"`
	Days []dayHours `json:"hours" nullable:"false" doc:"Monday to Sunday, or none while nobody has said"`
	MetaOut
}

type hoursBody struct {
	ETag string `header:"ETag"`
	Body struct {
		Hours hoursOut `json:"hours"`
	}
}

func oneHours(business string, h backoffice.Hours, err error) (*hoursBody, error) {
	if err != nil {
		return nil, under("/hours", err)
	}
	out := hoursBody{ETag: etag(h.Revision)}
	out.Body.Hours = hoursOut{ID: business, Days: shownAll(h.Days, shownDay), MetaOut: shownMeta(h.Meta)}
	return &out, nil
}

func defineHours(a *API) {
	const path, tag = businessPath + "/hours", "hours"
	add(a, route{method: http.MethodGet, path: path, id: "hours-get", summary: "When the business is open", tag: tag, role: backoffice.Viewer}, a.hours)
	add(a, route{method: http.MethodPut, path: path, id: "hours-update", summary: "Replace the hours", tag: tag, role: backoffice.Operator, revised: true}, a.putHours)
}

func (a *API) hours(ctx context.Context, _ *call, in *InBusiness) (*hoursBody, error) {
	h, err := a.office.Hours(ctx, in.Business)
	return oneHours(in.Business, h, err)
}

func (a *API) putHours(ctx context.Context, c *call, in *struct {
	InBusiness
	Revised
	Body struct {
		Days []dayHours `json:"hours" minItems:"7" maxItems:"7" nullable:"false" doc:"each day once, in any order"`
	}
},
) (*hoursBody, error) {
	revision, err := c.seen(in.IfMatch)
	if err != nil {
		return nil, err
	}
	h, err := a.office.PutHours(ctx, c.Caller, in.Business, revision, shownAll(in.Body.Days, dayHours.value))
	return oneHours(in.Business, h, err)
}
