package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/marketbrewer/marketbrewer/core/backoffice"
	"github.com/marketbrewer/marketbrewer/core/fault"
	"github.com/marketbrewer/marketbrewer/ports"
)

// Verifier checks a Google ID token. It is safe for concurrent use. Errors: Unauthorized (the token is not good), Rejected (it is,
// but its e-mail address is not verified), Unavailable.
type Verifier interface {
	Verify(ctx context.Context, token ports.Secret, nonce string) (backoffice.Identity, error)
}

// Options are the API's settings. Each zero value means the default that its comment names; Previews alone has none.
type Options struct {
	// Previews makes the documents that pages are looked at as. It is needed: adapters/pagehtml has one.
	Previews Renderer
	// Verifier checks sign-ins. Default: none, and nobody can sign in with Google.
	Verifier Verifier
	// Origins are the web pages that may call the API from a browser: scheme, host and port, exactly. Default: none but the API's
	// own.
	Origins []string
	// PerMinute is how many requests a principal may make in a minute. Default 120; below zero means no limit.
	PerMinute int
	// PerAddress is the same for an address, before anybody is known. Default 600; below zero means no limit.
	PerAddress int
	// TrustedProxies are the networks of the proxies in front: a request from them is counted, and noted in the trail, as one of the
	// address that their X-Forwarded-For says. Default: none, and the header is not looked at.
	TrustedProxies []netip.Prefix
	// Local allows what is for a person's own machine alone: one-time sign-in links.
	Local bool
	// Front is the page at /. Default: none, and there is nothing at /.
	Front Front
	// Release names the program in the contract. Default ContractVersion.
	Release string
	// Retention says how long what is kept, for /api/meta.
	Retention map[string]time.Duration
}

// ContractVersion is the version in the committed contract: it goes up when a caller has to change.
const ContractVersion = "1.0.0"

// API is the handler. It is safe for concurrent use.
type API struct {
	office  *backoffice.Office
	jobs    *backoffice.Jobs
	options Options
	observe ports.Observer
	clock   ports.Clock
	ids     ports.IDs

	huma   huma.API
	routes []route
	// contract is the document, as JSON, made when it is first asked for.
	contract func() []byte
	handler  http.Handler
	cors     cors
	people   *limiter
	places   *limiter
	cross    *http.CrossOriginProtection
	seal     sealer
	right    *rightAnswers
}

// New returns the API over an office and its jobs. It is fault.Invalid when something needed is missing, or an origin is none.
func New(office *backoffice.Office, jobs *backoffice.Jobs, options *Options) (*API, error) {
	if office == nil || jobs == nil || options == nil || options.Previews == nil {
		return nil, fault.New(fault.Invalid, "httpapi: an office, its jobs, and Options.Previews are needed")
	}
	a := &API{office: office, jobs: jobs, options: *options, observe: office.Observer, clock: office.Clock, ids: office.IDs, right: newRightAnswers()}
	if a.options.Release == "" {
		a.options.Release = ContractVersion
	}
	if err := a.prepare(); err != nil {
		return nil, err
	}
	mux := a.define()
	a.handler = a.edge(mux)
	return a, nil
}

// Contract is the OpenAPI 3.1 document of the API, as JSON.
func Contract(release string) ([]byte, error) {
	a := &API{options: Options{Release: release}}
	a.define()
	return a.contract(), nil
}

// prepare makes what the edge needs.
func (a *API) prepare() (err error) {
	a.cross = http.NewCrossOriginProtection()
	if a.cors, err = newCORS(a.options.Origins, a.cross); err != nil {
		return err
	}
	a.people = newLimiter(orInt(a.options.PerMinute, 120))
	a.places = newLimiter(orInt(a.options.PerAddress, 600))
	a.seal = sealer{key: func(ctx context.Context) (ports.Secret, error) { return a.office.Key(ctx, "cursor") }, now: a.clock.Now, once: &sealed{}}
	return nil
}

func orInt(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

// define registers every route.
func (a *API) define() *http.ServeMux {
	mux := http.NewServeMux()
	a.huma = humago.New(mux, a.config())
	for _, area := range []func(*API){
		defineSystem, defineIdentity, defineAccess, defineTrail,
		defineBusiness, defineProfile, defineServices, defineKeywords, defineAreas, defineLocations, defineWebhooks,
		defineMeta, definePrompts, defineRender, defineBudgets, defineSpending, defineGenerate, defineJobs, defineJobList, defineRetry, defineHistory,
		definePages, defineAttempts, definePreviewHTML, defineExport, defineLedger, defineLedgerSums, defineCosts,
	} {
		area(a)
	}
	a.describe()
	return mux
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Route is a row of the API, for those who check it.
type Route struct {
	Method, Path, ID string
	// Role is the least that may call it, empty when nobody needs to be known.
	Role backoffice.Role
	// Changes is true when it changes something.
	Changes bool
}

// Routes lists every row.
func (a *API) Routes() []Route {
	list := make([]Route, len(a.routes))
	for i, r := range a.routes {
		list[i] = Route{Method: r.method, Path: r.path, ID: r.id, Role: r.role, Changes: r.changes()}
	}
	return list
}
