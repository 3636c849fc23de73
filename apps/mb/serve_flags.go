package main

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/marketbrewer/marketbrewer/adapters/httpapi"
	"github.com/marketbrewer/marketbrewer/adapters/sysclock"
	"github.com/marketbrewer/marketbrewer/apps/internal/office"
	"github.com/marketbrewer/marketbrewer/core/backoffice"
)

// serveAddress is where the API listens, and whether it is in local mode: sign-in by a one-time link, which whoever starts the program
// prints and nobody else can read.
type serveAddress struct {
	listen string
	local  bool
}

func (a *serveAddress) define(flags *pflag.FlagSet) {
	flags.StringVar(&a.listen, "listen", "127.0.0.1:8080", "listen on `ADDRESS`; port 0 takes one that is free")
	flags.BoolVar(&a.local, "local", false, "sign in by one-time links; so it is on an address of this machine alone, and refused on others (--local=false goes without)")
}

// check decides on local mode.
func (a *serveAddress) check(flags *pflag.FlagSet, unlimited bool) error {
	host, port, err := net.SplitHostPort(a.listen)
	number, wrong := strconv.ParseUint(port, 10, 16)
	if err != nil || wrong != nil {
		return invalid("--listen %q is no address: give one such as 127.0.0.1:8080, or 127.0.0.1:0 for a free port", a.listen)
	}
	own := ownHost(host)
	switch {
	case a.local && !own:
		return invalid("--local is for an address of this machine alone, such as 127.0.0.1:%d, and --listen %s is not one: leave it out, and give --google-client-id or make tokens",
			number, a.listen)
	case unlimited && !own:
		return invalid("--rate-limit off is for an address of this machine alone, and --listen %s is not one: give a number", a.listen)
	case !flags.Changed("local"):
		a.local = own
	}
	return nil
}

// ownHost reports whether a host can only be reached from this machine. A name other than localhost may lead anywhere.
func ownHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// budgetRule is whether a business without a budget may begin jobs.
type budgetRule struct{ required bool }

func (b *budgetRule) define(flags *pflag.FlagSet) {
	flags.BoolVar(&b.required, "require-budget", false, "begin no job of a business that no admin has set a budget for; so it is outside local mode (--require-budget=false goes without)")
}

// settle decides where nobody has said: people on their own machine need no budget, others are bounded by what an admin sets.
func (b *budgetRule) settle(flags *pflag.FlagSet, local bool) {
	if !flags.Changed("require-budget") {
		b.required = !local
	}
}

// googleFlags say who signs in with Google.
type googleFlags struct {
	clientIDs, emails, domains []string
}

func (f *googleFlags) define(flags *pflag.FlagSet) {
	flags.StringArrayVar(&f.clientIDs, "google-client-id", nil, "let people sign in with Google at the web client with this `ID`; may be repeated")
	flags.StringArrayVar(&f.emails, "allow-email", nil, "let the person with this `ADDRESS` sign in; may be repeated")
	flags.StringArrayVar(&f.domains, "allow-domain", nil, "let everybody of this `DOMAIN` sign in; may be repeated")
}

func (f *googleFlags) check() error {
	if len(f.clientIDs) == 0 && len(f.emails)+len(f.domains) > 0 {
		return invalid("--allow-email and --allow-domain say who may sign in with Google: add --google-client-id, or leave them out")
	}
	for _, email := range f.emails {
		if name, domain, ok := strings.Cut(email, "@"); !ok || name == "" || !strings.Contains(domain, ".") {
			return invalid("--allow-email %q is no e-mail address", email)
		}
	}
	for _, domain := range f.domains {
		if strings.ContainsAny(domain, "@ /:*") || !strings.Contains(domain, ".") {
			return invalid("--allow-domain %q is no domain: give one such as example.com", domain)
		}
	}
	return nil
}

// office is what the office has to know of it.
func (f *googleFlags) office() backoffice.Options {
	return backoffice.Options{AllowedEmails: lowered(f.emails), AllowedDomains: lowered(f.domains)}
}

// verifier checks sign-ins; nil when nobody signs in with Google.
func (f *googleFlags) verifier() (httpapi.Verifier, error) {
	if len(f.clientIDs) == 0 {
		return nil, nil
	}
	return office.NewGoogle(sysclock.Clock{}, f.clientIDs)
}

func lowered(list []string) []string {
	made := make([]string, len(list))
	for i, s := range list {
		made[i] = strings.ToLower(strings.TrimSpace(s))
	}
	return made
}

const (
	// usualRate is how many requests a principal may make in a minute; an address may make as many times more as several people behind
	// one make.
	usualRate  = 120
	perAddress = 5
	mostRate   = 1_000_000
)

// rateLimit is a flag's value: requests a minute, or off.
type rateLimit struct{ perMinute int }

var _ pflag.Value = (*rateLimit)(nil)

// String is the value as it is given.
func (r *rateLimit) String() string {
	if r.off() {
		return "off"
	}
	return strconv.Itoa(r.perMinute)
}

// Set reads the value.
func (r *rateLimit) Set(text string) error {
	if text == "off" {
		r.perMinute = -1
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > mostRate {
		return invalid("give off, or a number from 1 to %d", mostRate)
	}
	r.perMinute = n
	return nil
}

// Type names the sort of value.
func (r *rateLimit) Type() string { return "limit" }

func (r *rateLimit) off() bool { return r.perMinute < 0 }

// hostOf is the host of an address that was checked.
func hostOf(listen string) string {
	host, _, _ := net.SplitHostPort(listen)
	return host
}
