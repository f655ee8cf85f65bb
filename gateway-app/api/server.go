package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/enrolment"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/netting"
	"github.com/tallystick/tallystick/gateway-app/notice"
	"github.com/tallystick/tallystick/gateway-app/person"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/reminder"
	"github.com/tallystick/tallystick/gateway-app/report"
	"github.com/tallystick/tallystick/gateway-app/reporting"
	"github.com/tallystick/tallystick/gateway-app/store"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
	"github.com/tallystick/tallystick/gateway-app/warning"
	"github.com/tallystick/tallystick/gateway-app/webhook"
)

// Version is the version of the API's form. Fields and operations are added under it; one that changes
// its meaning gets a new one.
const Version = "1.0.0"

// Parts are what stands behind the door. A part that a member does not run is nil, and its operations do
// not exist.
type Parts struct {
	Member   string // the member whose gateway app this is
	Store    *store.DB
	Door     Door
	Commands Commands
	Books    Books
	Folding  Folding
	Channel  string            // the ledger's channel, with which the ids of its loans begin
	Pairs    []projection.Pair // the platforms and custodians whose loans the member holds

	Customers *Customers         // people, their documents and cases, and the watch lists
	Authority *person.Authoriser // a custodian's or regulator's word that a record may be purged

	Pseudonyms   *Pseudonyms
	Netting      *netting.Netting // the custodian's payout runs
	Funding      *funding.Funding // a platform's matching
	Credit       *Credit
	Counterparts map[string]string // which users are other members' gateway apps: member by user name

	Underwriting *underwriting.Desk // applications, decisions, models and rules

	Submissions *Submissions // what platforms state of themselves, and what the regulator says of it

	Webhooks *webhook.Webhooks // where events are posted to
	Notices  *notice.Feed      // the member's own feed
	Alerts   *alert.Alerts     // of customers' money
	Warnings *warning.Watch    // over a platform's loans

	Reports  *reporting.Catalogue // the reports that the member's app makes
	Renderer *report.Renderer     // writes them; none: every format but PDF

	Reminders *reminder.Reminders // of a platform's borrowers

	Users     *access.Directory
	Approvals *access.Approvals
	AccessLog *accesslog.Log
	Staff     *enrolment.Register // the certificates of staff

	CursorKey []byte // seals the cursors of lists; without one they end with the process

	Checks []Check
	Gauges []Gauge
	Limits Limits
	Logger *slog.Logger
	Now    func() time.Time
}

// Server serves the API. It is an http.Handler.
type Server struct {
	parts       Parts
	limits      Limits
	logger      *slog.Logger
	now         func() time.Time
	router      chi.Router
	described   huma.API
	operations  []operation
	byID        map[string]bool
	metrics     *metrics
	keys        *keyring
	cursors     *cursors
	rates       rates
	streams     streams
	renderings  *renderings
	crossOrigin *http.CrossOriginProtection

	longStatements chan struct{} // one a long statement that is in hand

	stopped chan struct{} // ends the streams when the server ends
}

// New puts a server together from what the member runs.
func New(parts Parts) (*Server, error) {
	s := &Server{
		parts: parts, limits: parts.Limits, logger: parts.Logger, now: parts.Now, router: chi.NewRouter(),
		byID: map[string]bool{}, metrics: newMetrics(parts.Gauges), crossOrigin: http.NewCrossOriginProtection(),
		rates: newRates(parts.Limits), renderings: newRenderings(), stopped: make(chan struct{}),
		longStatements: make(chan struct{}, mostLong),
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.limits.BodyBytes == 0 {
		s.limits.BodyBytes = DefaultLimits().BodyBytes
	}
	s.keys = &keyring{db: parts.Store, logger: s.logger, now: s.now}
	var err error
	if s.cursors, err = newCursors(parts.CursorKey); err != nil {
		return nil, fmt.Errorf("make the key of cursors: %w", err)
	}
	s.described = huma.NewAPI(describe(parts.Member), adapter{s})
	for _, add := range registrations {
		add(s)
	}
	describeTextNumbers(s.described.OpenAPI().Components.Schemas)
	return s, s.addPlainRoutes()
}

// describe is the head of the OpenAPI document. Its paths are served by addPlainRoutes.
func describe(member string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Tallystick gateway app", Version: Version,
				Description: "The door of " + member + ": commands to the ledger, the member's view of it, and what it keeps beside it. " +
					"HEAD answers as GET does, without the body; a method that a path is not served under is answered with 405 and Allow.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Servers: []*huma.Server{{URL: "/", Description: "this server"}},
			Components: &huma.Components{
				Schemas: newRegistry(),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"token":       {Type: "http", Scheme: "bearer", Description: "A session's token, or an API key."},
					"session":     {Type: "apiKey", In: "cookie", Name: SessionCookie, Description: "A signed-in browser."},
					"certificate": {Type: "mutualTLS", Description: "A machine's client certificate."},
				},
			},
		},
		Formats:       map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat: "application/json",
	}
}

// addPlainRoutes adds what is not part of the API proper: health, metrics, the document and its page.
func (s *Server) addPlainRoutes() error {
	written, err := s.write()
	if err != nil {
		return err
	}
	plain := func(path, id string, handler http.Handler) {
		served := s.outer(&operation{id: id, method: http.MethodGet, path: path}, handler)
		s.router.Method(http.MethodGet, path, served)
		s.router.Method(http.MethodHead, path, served)
	}
	plain("/livez", "health.live", http.HandlerFunc(s.live))
	plain("/readyz", "health.ready", http.HandlerFunc(s.ready))
	plain("/metrics", "health.metrics", s.metrics.handler())
	plain("/openapi.json", "docs.json", serveDocument("application/openapi+json", written.json))
	plain("/openapi.yaml", "docs.yaml", serveDocument("application/openapi+yaml", written.yaml))
	plain("/docs", "docs.page", http.RedirectHandler("/docs/", http.StatusMovedPermanently))
	plain("/docs/*", "docs.page", docs())
	s.router.NotFound(s.refusing("http.not_found", CodeRouteUnknown))
	s.router.MethodNotAllowed(s.refusing("http.method_not_allowed", CodeMethodUnknown))
	return nil
}

// outer is the part of the middlewares that everything has, whoever asks.
func (s *Server) outer(op *operation, handler http.Handler) http.Handler {
	return s.identify(op, s.observe(op, s.recover(op, s.boundBody(op, s.limitAddress(op, handler)))))
}

// refusing answers whatever no route answers.
func (s *Server) refusing(id, code string) http.HandlerFunc {
	op := &operation{id: id, public: true}
	return s.outer(op, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := doorProblem(code, "")
		if code == CodeMethodUnknown {
			p.headers = http.Header{"Allow": {strings.Join(s.methods(r.URL.Path), ", ")}}
		}
		s.refuse(w, r, p)
	})).ServeHTTP
}

// methods are those under which a path is served.
func (s *Server) methods(path string) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if s.router.Match(chi.NewRouteContext(), method, path) {
			methods = append(methods, method)
		}
	}
	return methods
}

// ServeHTTP serves a request. Who asks for the events as a stream gets the stream.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == eventsPath && preferred(r.Header.Get("Accept"), eventStreamType) {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = streamPath, ""
	}
	s.router.ServeHTTP(w, r)
}

// keysKept is how long an Idempotency-Key is remembered after its last use.
const keysKept = 48 * time.Hour

// Run does the server's housekeeping until ctx ends, and then ends the streams, so that a shutdown need
// not wait for them.
func (s *Server) Run(ctx context.Context) error {
	defer close(s.stopped)
	for {
		if s.parts.Store != nil {
			if err := s.keys.forget(ctx, s.now().Add(-keysKept)); err != nil && ctx.Err() == nil {
				return fmt.Errorf("forget old idempotency keys: %w", err)
			}
		}
		if s.parts.Approvals != nil {
			if err := s.parts.Approvals.Forget(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Hour):
		}
	}
}

// OperationIDs lists the operations that this server has, in the order in which they were added.
func (s *Server) OperationIDs() []string {
	ids := make([]string, 0, len(s.operations))
	for _, op := range s.operations {
		ids = append(ids, op.id)
	}
	return ids
}
