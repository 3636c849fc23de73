package httpapi

import (
	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/catalog"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/core/pages"
)

// PageFacts are what is known of a page before it is written: its row, its column, and where it will stand.
type PageFacts struct {
	Ordinal         int              `json:"ordinal" minimum:"0"`
	PageType        catalog.PageType `json:"page_type"`
	Language        catalog.Language `json:"language" enum:"en,es"`
	KeywordID       string           `json:"keyword_id,omitempty"`
	KeywordText     string           `json:"keyword_text,omitempty"`
	KeywordSlug     string           `json:"keyword_slug,omitempty"`
	ServiceID       string           `json:"service_id,omitempty"`
	ServiceName     string           `json:"service_name,omitempty"`
	ServiceSlug     string           `json:"service_slug,omitempty"`
	ServiceNameES   string           `json:"service_name_es,omitempty"`
	ServiceAreaID   string           `json:"service_area_id,omitempty"`
	ServiceAreaSlug string           `json:"service_area_slug,omitempty"`
	LocationID      string           `json:"location_id,omitempty"`
	LocationSlug    string           `json:"location_slug,omitempty"`
	LocationStatus  string           `json:"location_status,omitempty"`
	City            string           `json:"city"`
	State           string           `json:"state"`
	County          string           `json:"county,omitempty"`
	URLPath         string           `json:"url_path"`
}

func factsOf(p pages.Page) PageFacts {
	return PageFacts{
		Ordinal: p.Ordinal, PageType: p.PageType, Language: p.Language, KeywordID: p.KeywordID, KeywordText: p.KeywordText, KeywordSlug: p.KeywordSlug,
		ServiceID: p.ServiceID, ServiceName: p.ServiceName, ServiceSlug: p.ServiceSlug, ServiceNameES: p.ServiceNameES, ServiceAreaID: p.ServiceAreaID,
		ServiceAreaSlug: p.ServiceAreaSlug, LocationID: p.LocationID, LocationSlug: p.LocationSlug, LocationStatus: p.LocationStatus, City: p.City,
		State: p.State, County: p.County, URLPath: p.URLPath,
	}
}

// pageOut is a page of a job without its content.
type pageOut struct {
	ID  string `json:"id"`
	Job job.ID `json:"job_id"`
	PageFacts
	Status          string   `json:"status" enum:"queued,running,waiting,completed,failed,cancelled"`
	Attempts        int      `json:"attempts" doc:"calls that were or may have been billed"`
	MaxAttempts     int      `json:"max_attempts" doc:"answers that are judged in a round"`
	WaitingReason   string   `json:"waiting_reason,omitempty" enum:"retry,quota,breaker,budget,batch,paused"`
	WaitingUntil    instant  `json:"waiting_until,omitzero"`
	StartedAt       instant  `json:"started_at,omitzero"`
	CompletedAt     instant  `json:"completed_at,omitzero"`
	Duration        int64    `json:"generation_duration_ms,omitzero"`
	ErrorCode       job.Code `json:"error_code,omitempty"`
	ErrorMessage    string   `json:"error_message,omitempty"`
	Model           string   `json:"model,omitempty"`
	TemplateVersion int      `json:"template_version,omitzero"`
	PromptSHA256    string   `json:"prompt_sha256,omitempty" doc:"of the prompt that the page is first asked for with; left out in lists, and where that is not known any more"`
	Words           int      `json:"word_count,omitzero"`
	Sections        int      `json:"section_count,omitzero"`
	Flags           []string `json:"quality_flags" nullable:"false"`
	Missing         []string `json:"missing_variables" nullable:"false"`
	Cost            usd      `json:"cost_usd"`
	Accepted        int      `json:"accepted_attempt,omitzero" doc:"the attempt whose answer is the content"`
	ContentSHA256   string   `json:"content_sha256,omitempty" doc:"of the content as it is stored: JSON with its members in the order of the contract"`
}

func shownPage(id job.ID, v backoffice.PageView) pageOut {
	out := pageOut{
		ID: backoffice.PageID(id, v.Ordinal), Job: id, PageFacts: factsOf(v.Page),
		Status: v.Status.String(), Attempts: v.Attempts, MaxAttempts: v.MaxAttempts, WaitingReason: v.Waiting.String(), WaitingUntil: utc(v.Until),
		StartedAt: utc(v.StartedAt), CompletedAt: utc(v.CompletedAt), ErrorCode: v.ErrorCode, ErrorMessage: v.ErrorMessage, Model: v.Model,
		TemplateVersion: v.TemplateVersion, PromptSHA256: v.PromptSHA256, Words: v.WordCount, Sections: v.SectionCount, Flags: listed(v.Flags), Missing: listed(v.MissingVariables),
		Cost: usd(v.Cost), Accepted: v.Accepted, ContentSHA256: v.ContentSHA256,
	}
	if !v.CompletedAt.IsZero() {
		out.Duration = v.CompletedAt.Sub(v.StartedAt).Milliseconds()
	}
	return out
}

type sectionOut struct {
	Heading string `json:"heading"`
	Content string `json:"content"`
}

// contentOut is a written page: plain text throughout, written by a model and trusted by nobody.
type contentOut struct {
	Title           string       `json:"title"`
	MetaDescription string       `json:"meta_description"`
	H1              string       `json:"h1"`
	Body            string       `json:"body"`
	Sections        []sectionOut `json:"sections" nullable:"false"`
	CTA             string       `json:"cta"`
}

func shownContent(c pages.Content) contentOut {
	out := contentOut{Title: c.Title, MetaDescription: c.MetaDescription, H1: c.H1, Body: c.Body, CTA: c.CTA, Sections: make([]sectionOut, len(c.Sections))}
	for i, s := range c.Sections {
		out.Sections[i] = sectionOut(s)
	}
	return out
}
