package api

import (
	"cmp"
	"context"
	"crypto/x509"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/access"
)

// SessionCookie is the cookie that carries a signed-in browser's token.
const SessionCookie = "tallystick_session"

// Door knows who calls and what they may do.
type Door interface {
	// ByToken answers whose session token or API key it is; fault.NotFound when it is nobody's.
	ByToken(ctx context.Context, token string) (access.Principal, error)
	// ByCertificate answers whose client certificate it is, which the TLS handshake has verified.
	ByCertificate(ctx context.Context, certificate *x509.Certificate) (access.Principal, error)
	// Decide says whether the policies allow it, and which of them does. An error is no decision.
	Decide(ctx context.Context, caller access.Principal, question Question) (Decision, error)
	// Foresee says whether the policies could allow it with any body at all.
	Foresee(ctx context.Context, caller access.Principal, question Question) (Decision, error)
	// Record adds an entry to the journal of access before the operation runs.
	Record(ctx context.Context, entry Entry) error
	// Enter makes the caller known to the packages behind the door.
	Enter(ctx context.Context, caller access.Principal) context.Context
}

// Question is what somebody wants to do.
type Question struct {
	Operation string
	Path      map[string]string // the parameters of the path: what it is about
	Body      []byte            // of a write; what a second user approves
	CommandID string            // of a write
	// Form says what is wrong about the form of a write. It is asked before somebody is asked to approve it.
	Form func() error
	// Ledger, of a command for the ledger, answers what a second user signs. It is asked only where one must.
	Ledger func() (*wire.Approvable, error)
}

// Decision is what the policies say.
type Decision struct {
	Allowed   bool
	Policy    string
	Approval  string          // refused only until a second user approves; the approval's id, where one was opened
	Approvers []string        // the users who did
	Signed    []wire.Approval // what they signed for the ledger
}

// Entry is one line of the journal of access. It names the subject by its handle and nothing else.
type Entry struct {
	At        time.Time
	Actor     string
	Operation string
	Allowed   bool
	Policy    string
	Subject   string
	RequestID string
	Subjects  []string // handles of all whose data is shown or written
	Further   bool     // another part of what an entry of the same request has allowed
}

// authenticate finds out who calls: a bearer token or API key, a session cookie, or a client certificate.
// A cookie is believed only when the browser says that the request came from our own pages.
func (s *Server) authenticate(op *operation, next http.Handler) http.Handler {
	if op.public || s.parts.Door == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		caller, err := s.identifyCaller(r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		x := exchangeOf(r.Context())
		x.caller, x.signedIn = caller, true
		x.standing = func(ctx context.Context) error { return s.stillMay(ctx, r, op) }
		next.ServeHTTP(w, r.WithContext(s.parts.Door.Enter(r.Context(), caller)))
	})
}

func (s *Server) identifyCaller(r *http.Request) (access.Principal, error) {
	if authorization := r.Header.Get("Authorization"); authorization != "" {
		scheme, token, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return access.Principal{}, notSignedIn("Authorization")
		}
		return s.byToken(r.Context(), token, "Authorization")
	}
	if cookie, err := r.Cookie(SessionCookie); err == nil && cookie.Value != "" {
		if s.crossOrigin.Check(r) != nil {
			return access.Principal{}, doorProblem(CodeCrossOrigin, "Origin")
		}
		return s.byToken(r.Context(), cookie.Value, "Cookie")
	}
	if r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		caller, err := s.parts.Door.ByCertificate(r.Context(), r.TLS.PeerCertificates[0])
		return caller, signInError(err, "")
	}
	return access.Principal{}, notSignedIn("")
}

func (s *Server) byToken(ctx context.Context, token, field string) (access.Principal, error) {
	caller, err := s.parts.Door.ByToken(ctx, token)
	return caller, signInError(err, field)
}

// signInError lets failures of the machinery be failures, and calls every refusal "not signed in".
func signInError(err error, field string) error {
	if err == nil {
		return nil
	}
	if code := fault.Of(err).Code; code == fault.Internal || code.Retry() {
		return err
	}
	return notSignedIn(field)
}

func notSignedIn(field string) *Problem {
	p := doorProblem(CodeNotSignedIn, field)
	p.headers = http.Header{"Www-Authenticate": {`Bearer realm="tallystick"`}}
	return p
}

// authorise lets in whom a policy allows, and writes the decision into the journal: every one about a write, and
// every refusal. A read of personal data is written there once it is known whose, before it is answered. What cannot
// be written down is not done.
func (s *Server) authorise(op *operation, next http.Handler) http.Handler {
	if op.public || s.parts.Door == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		question := Question{Operation: op.id, Path: pathParameters(r), Body: x.body, CommandID: x.commandID}
		if !op.statement {
			question.Form = func() error { return s.rehearse(op, r) }
		}
		if op.approvable != nil {
			question.Ledger = func() (*wire.Approvable, error) { return op.approvable(x.body, x.commandID) }
		}
		decision, err := s.parts.Door.Decide(r.Context(), x.caller, question)
		x.policy, x.subject = decision.Policy, cmp.Or(question.subject(), filteredBy(r))
		if err == nil && (op.writes() || !decision.Allowed) {
			err = s.parts.Door.Record(r.Context(), Entry{
				At: s.now(), Actor: x.caller.ID, Operation: op.id, Allowed: decision.Allowed,
				Policy: decision.Policy, Subject: x.subject, RequestID: x.requestID,
			})
		}
		switch {
		case err != nil:
			s.refuse(w, r, err)
		case decision.Allowed:
			x.approvers, x.signed = decision.Approvers, decision.Signed
			next.ServeHTTP(w, r)
		case decision.Approval != "":
			p := doorProblem(CodeApprovalDue, "")
			p.headers = http.Header{"Location": {"/v1/approvals/" + decision.Approval}}
			s.refuse(w, r, p)
		default:
			s.refuse(w, r, notAllowed(x.caller))
		}
	})
}

// pathParameters are what the path names.
func pathParameters(r *http.Request) map[string]string {
	route := chi.RouteContext(r.Context()).URLParams
	named := make(map[string]string, len(route.Keys))
	for i, name := range route.Keys {
		named[name] = route.Values[i]
	}
	return named
}

// subject is the handle that the path names, of a loan by its id too: what else a caller may have put there does not
// belong in a journal.
func (q Question) subject() string {
	for _, name := range []string{"id", "handle", "party"} {
		if handle := handleOf(q.Path[name]); handle != "" {
			return handle
		}
	}
	return ""
}
