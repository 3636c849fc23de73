package books

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
	"github.com/marketbrewer/marketbrewer/core/job"
	"github.com/marketbrewer/marketbrewer/ports"
)

// month is the account of a tenant, or of all, for one month.
type month struct {
	Month   string       `json:"month"`
	Limit   cost.Pico    `json:"limit"`
	Account cost.Account `json:"account"`
}

// once is an idempotency record.
type once struct {
	job     job.ID
	created time.Time
}

func (b *Books) tenantRecord(tenant string, key ports.Key) {
	switch {
	case strings.HasPrefix(key.Sort, "month/"):
		b.readMonth(tenant, key)
	case strings.HasPrefix(key.Sort, "once/"):
		b.readOnce(tenant, key)
	}
}

func (b *Books) readMonth(tenant string, key ports.Key) {
	body, _ := b.store.Read(key)
	var m month
	if err := json.Unmarshal(body, &m); err != nil {
		b.Fail("month %v: %v", key, err)
		return
	}
	if err := m.Account.Check(); err != nil {
		b.Fail("month %v: %v", key, err)
	}
	if m.Limit > 0 && m.Account.Granted > m.Limit && !b.Loose {
		b.Fail("month %v: granted %s of a limit of %s", key, m.Account.Granted, m.Limit)
	}
	b.months[monthName{tenant, m.Month}] = m
}

// readOnce checks that a key stands for one job as long as it lives.
func (b *Books) readOnce(tenant string, key ports.Key) {
	body, found := b.store.Read(key)
	if !found {
		return
	}
	var record struct {
		Job     job.ID    `json:"job"`
		Created time.Time `json:"created"`
	}
	if err := json.Unmarshal(body, &record); err != nil {
		b.Fail("idempotency record %v: %v", key, err)
		return
	}
	name := tenant + "/" + key.Sort
	was, known := b.once[name]
	if known && was.job != record.Job && (b.KeyLife == 0 || b.now().Sub(was.created) < b.KeyLife-2*b.Margin-time.Second) && !b.Wild {
		b.Fail("tenant %s: a key stands for job %s, and then for %s, within its life", tenant, was.job, record.Job)
	}
	b.once[name] = once{record.Job, record.Created}
}

// grants moves what months have given to jobs from what a header said before to what it says now.
func (b *Books) grants(was, is *job.Job) {
	if was != nil {
		for _, g := range was.Grants {
			b.drawn[monthName{was.Tenant, g.Month}] -= g.Drawn - g.Returned
		}
	}
	for _, g := range is.Grants {
		b.drawn[monthName{is.Tenant, g.Month}] += g.Drawn - g.Returned
	}
}

// checkMonths checks that each month's account has drawn what its jobs were granted, and that of all what its tenants were.
func (b *Books) checkMonths() {
	all := map[string]cost.Pico{}
	for name, m := range b.months {
		if name.tenant == "" {
			continue
		}
		all[name.month] += m.Account.Granted
		if m.Account.Drawn != b.drawn[name] {
			b.Fail("month %s of %s: drawn %s, jobs were granted %s", name.month, name.tenant, m.Account.Drawn, b.drawn[name])
		}
	}
	for name, m := range b.months {
		if name.tenant == "" && m.Account.Drawn != all[name.month] {
			b.Fail("month %s: drawn %s, tenants were granted %s", name.month, m.Account.Drawn, all[name.month])
		}
	}
}

// notice checks that a round of a job has one completion event, however often its record is written or removed.
func (b *Books) notice(key ports.Key) {
	body, found := b.store.Read(key)
	if !found {
		return
	}
	var n ports.Notice
	if err := json.Unmarshal(body, &n); err != nil {
		b.Fail("notice %s: %v", key.Sort, err)
		return
	}
	b.outbox[key.Sort] = true
	if n.Type != "job.completed" && n.Type != "job.failed" {
		return
	}
	var data struct{ Round int }
	_ = json.Unmarshal(n.Body, &data)
	at := roundOf{job.ID(n.Job), data.Round}
	if b.notices[at]++; b.notices[at] > 1 {
		b.Fail("job %s: %d completion events in round %d", n.Job, b.notices[at], data.Round)
	}
}
