package settings

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/marketbrewer/marketbrewer/core/cost"
)

// Stages are the deployments that there may be.
func Stages() []string { return []string{"dev", "staging", "prod"} }

// LogLevels are the severities of log lines, the least first.
func LogLevels() []string { return []string{"debug", "info", "warn", "error"} }

func (w *Worker) complete()  { w.Calls.complete() }
func (s *Sweeper) complete() { s.Calls.complete() }
func (a *API) complete()     {}

func (c *Calls) complete() {
	if c.Lease == 0 {
		c.Lease = 2*c.CallTimeout + 4*c.Margin
	}
}

// Validate reports every problem of the worker's settings, one line each.
func (w *Worker) Validate() error {
	return errors.Join(
		w.Shared.Validate(), w.Claude.Validate(), w.Calls.Validate(),
		atLeast("MB_VISIBILITY", w.Visibility, time.Second),
		atLeast("MB_MAX_CONCURRENCY", w.MaxConcurrency, 2), // Lambda takes no less
		atLeast("MB_BATCH_SIZE", w.BatchSize, 1),
		atLeast("MB_QUOTA_RPM", w.QuotaRequests, 0),
		atLeast("MB_QUOTA_OTPM", w.QuotaOutput, 0),
		asErrors(Relations(w.Deployed(), Process)),
	)
}

// Validate reports every problem of the sweeper's settings, one line each.
func (s *Sweeper) Validate() error {
	return errors.Join(s.Shared.Validate(), s.Claude.Validate(), s.Calls.Validate(), s.batchFits(), s.notices())
}

// notices: what is sent to the queue of parcels would be given up as nonsense, and only then be missed.
func (s *Sweeper) notices() error {
	switch string(s.NoticesQueueURL) {
	case "":
		return nil
	case s.QueueURL:
		return errors.New("MB_NOTICES_QUEUE_URL is the queue of parcels: give a queue of its own, or leave it out")
	}
	return address("MB_NOTICES_QUEUE_URL", string(s.NoticesQueueURL))
}

// batchFits: the sweeper makes no calls but sends batches, each of which takes a call's time at most.
func (s *Sweeper) batchFits() error {
	d := Deployed{FunctionTimeout: s.FunctionTimeout, CallTimeout: s.CallTimeout, FlushBefore: s.FlushBefore, Margin: s.Margin, Reserve: s.Reserve}
	if longest := d.LongestCall(); s.CallTimeout > longest {
		return fmt.Errorf("MB_CALL_TIMEOUT %s is too long for a function of %s: give at most %s, or raise the function's timeout", s.CallTimeout, s.FunctionTimeout, longest)
	}
	return nil
}

// Validate reports every problem of the API's settings, one line each. An empty allow-list is none: it admits nobody.
func (a *API) Validate() error {
	problems := []error{a.Shared.Validate(), atLeast("MB_RATE_LIMIT", a.RateLimit, 1)}
	for _, id := range a.GoogleClientIDs {
		if id == "" || strings.ContainsAny(id, " /@") {
			problems = append(problems, fmt.Errorf("MB_GOOGLE_CLIENT_IDS has %s, which is no client id: give ids such as 123.apps.googleusercontent.com, separated by commas", Shown(id)))
		}
	}
	for _, email := range a.AllowedEmails {
		if name, domain, ok := strings.Cut(email, "@"); !ok || name == "" || !isDomain(domain) {
			problems = append(problems, fmt.Errorf("MB_ALLOWED_EMAILS has %s, which is no e-mail address: give addresses separated by commas", Shown(email)))
		}
	}
	for _, domain := range a.AllowedDomains {
		if !isDomain(domain) {
			problems = append(problems, fmt.Errorf("MB_ALLOWED_DOMAINS has %s, which is no domain: give domains such as example.com, separated by commas", Shown(domain)))
		}
	}
	for _, origin := range a.Origins {
		if !isOrigin(origin) {
			problems = append(problems, fmt.Errorf("MB_ORIGINS has %s, which is no origin: give scheme and host alone, such as https://pages.example.com", shownAddress(origin)))
		}
	}
	return errors.Join(problems...)
}

// Validate reports every problem of these settings, one line each.
func (s *Shared) Validate() error {
	var prices error
	if s.Prices != "" { // the built-in table is sound, and a function that prices nothing starts without it
		_, prices = s.PriceTables()
	}
	return errors.Join(
		oneOf("MB_STAGE", s.Stage, Stages()),
		oneOf("MB_LOG_LEVEL", s.LogLevel, LogLevels()),
		address("MB_QUEUE_URL", s.QueueURL),
		atLeast("MB_EPOCH", s.Epoch, 0),
		atLeast("MB_FUNCTION_TIMEOUT", s.FunctionTimeout, time.Second),
		prices,
	)
}

// Validate reports every problem of these settings, one line each.
func (c *Claude) Validate() error {
	if !IsParameterName(c.KeyParameter) { // perhaps the key itself: it is not repeated
		return errors.Join(errors.New("MB_CLAUDE_KEY_PARAMETER is no full name of a parameter: give the path of the SSM parameter that holds the key, beginning with /, never the key"), c.base())
	}
	return c.base()
}

func (c *Claude) base() error {
	if c.BaseURL == "" {
		return nil
	}
	if err := address("ANTHROPIC_BASE_URL", c.BaseURL); err != nil {
		return err
	}
	u, _ := url.Parse(c.BaseURL) // it is an address
	switch {
	case u.User != nil:
		return errors.New("ANTHROPIC_BASE_URL has a name or a password in it: give the address alone, no variable holds a secret")
	case u.Scheme != "https" && !isLoopback(u.Hostname()):
		return fmt.Errorf("ANTHROPIC_BASE_URL %s would send the key in plain text: give a URL that begins with https://", place(u))
	}
	return nil
}

// Validate reports every problem of these settings, one line each.
func (c *Calls) Validate() error {
	return errors.Join(
		atLeast("MB_CALLS", c.Calls, 1),
		atLeast("MB_CALL_TIMEOUT", c.CallTimeout, time.Second),
		atLeast("MB_MARGIN", c.Margin, 0),
		atLeast("MB_FLUSH_RESULTS", c.FlushResults, 1),
		atLeast("MB_FLUSH_AFTER", c.FlushAfter, 0),
		atLeast("MB_FLUSH_BEFORE", c.FlushBefore, 0),
		atLeast("MB_RESERVE", c.Reserve, 0),
		leaseFits(c),
	)
}

// leaseFits is the engine's own demand.
func leaseFits(c *Calls) error {
	if least := LeastLease(c.CallTimeout, c.Margin); c.Lease < least {
		return fmt.Errorf("MB_LEASE %s is too short for calls of %s: give at least %s, or leave it out", c.Lease, c.CallTimeout, least)
	}
	return nil
}

// PriceTables are the price tables: the first prices new calls, the others settle those that were held before.
func (s *Shared) PriceTables() ([]*cost.Table, error) {
	built := cost.Prices()
	if s.Prices == "" {
		return []*cost.Table{built}, nil
	}
	table, err := cost.ParseTable([]byte(s.Prices))
	switch {
	case err != nil:
		return nil, fmt.Errorf("MB_PRICES is no price table (%w): see docs/prices.md, or leave it out", err)
	case table.Equal(built):
		return []*cost.Table{built}, nil
	case table.Version() == built.Version():
		return nil, fmt.Errorf("MB_PRICES has version %s, which is the built-in table's, and says something else: give it a version of its own", table.Version())
	}
	return []*cost.Table{table, built}, nil
}

func oneOf(name, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("%s %s is not known: give one of %s", name, Shown(value), strings.Join(allowed, ", "))
}

func atLeast[N int | int64 | time.Duration](name string, value, least N) error {
	if value >= least {
		return nil
	}
	return fmt.Errorf("%s %v is too low: give at least %v", name, value, least)
}

func address(name, value string) error {
	u, err := url.Parse(value)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" {
		return nil
	}
	return fmt.Errorf("%s %s is no address: give a URL that begins with https://", name, shownAddress(value))
}

// isLoopback tells whether what is sent to a host stays on this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func isOrigin(value string) bool {
	u, err := url.Parse(value)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && !strings.Contains(u.Host, "*") && value == u.Scheme+"://"+u.Host
}

func isDomain(value string) bool {
	return strings.Contains(strings.Trim(value, "."), ".") && !strings.ContainsAny(value, " @/:*")
}

// asErrors makes one line of each problem.
func asErrors(problems []Problem) error {
	lines := make([]error, len(problems))
	for i, p := range problems {
		lines[i] = errors.New(p.String())
	}
	return errors.Join(lines...)
}
