package api

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/tallystick/tallystick/gateway-app/access"
)

// registerSessions adds signing in and out, and what people set up for themselves.
func (s *Server) registerSessions() {
	if s.parts.Users == nil {
		return
	}
	const tag = "Sessions"
	register(s, operation{
		id: "session.create", method: http.MethodPost, path: "/v1/sessions", tag: tag, public: true,
		summary: "Sign in with name, password and one-time code",
	}, s.signIn)
	register(s, operation{
		id: "session.read", method: http.MethodGet, path: "/v1/session", tag: tag, summary: "Read who one is, and one's sessions",
	}, s.readSession)
	register(s, operation{
		id: "session.delete", method: http.MethodDelete, path: "/v1/session", tag: tag, repeatable: true, summary: "Sign out",
	}, s.signOut)
	register(s, operation{
		id: "session.end_all", method: http.MethodDelete, path: "/v1/sessions", tag: tag, repeatable: true,
		summary: "Sign out everywhere",
	}, s.signOutEverywhere)
	register(s, operation{
		id: "password.change", method: http.MethodPost, path: "/v1/password", tag: tag,
		summary: "Change one's password, which ends all one's sessions",
	}, s.changePassword)
	register(s, operation{
		id: "totp.enrol", method: http.MethodPost, path: "/v1/totp", tag: tag,
		summary: "Begin one-time codes, with one's password: answers the secret, once",
	}, s.enrolCode)
	register(s, operation{
		id: "totp.confirm", method: http.MethodPost, path: "/v1/totp/confirmations", tag: tag,
		summary: "Make one-time codes count, by showing one",
	}, s.confirmCode)
	register(s, operation{
		id: "session.sign_on", method: http.MethodGet, path: "/v1/sign-on", tag: tag, public: true,
		summary: "Go to the organisation's OpenID provider to sign in",
	}, s.startSignOn)
	register(s, operation{
		id: "session.return", method: http.MethodGet, path: "/v1/sign-on/return", tag: tag, public: true,
		summary: "Come back from the OpenID provider",
	}, s.finishSignOn)
	s.registerActivations()
}

// Caller is who somebody is here.
type Caller struct {
	ID      string           `json:"id"`
	Kind    string           `json:"kind" enum:"user,key,machine"`
	Name    string           `json:"name"`
	Roles   []access.Role    `json:"roles"`
	Party   string           `json:"party,omitempty" doc:"A borrower's or lender's handle on the ledger"`
	Session string           `json:"session" doc:"The session, key or certificate that one came with"`
	ResetAt string           `json:"reset_at,omitempty" doc:"When administrators last gave one a new password. Who did not ask for that should say so to the member"`
	CodeDue bool             `json:"code_due" doc:"One-time codes must be set up before anything else"`
	PassDue bool             `json:"password_due" doc:"Somebody else made one's password: it must be changed before anything else"`
	Open    []access.Session `json:"sessions" doc:"Where else one is signed in"`
}

func callerAs(p access.Principal) Caller {
	return Caller{
		ID: p.ID, Kind: p.Kind, Name: p.Name, Roles: p.Roles, Party: p.Party, Session: p.Session, ResetAt: p.ResetAt, CodeDue: p.CodeDue, PassDue: p.PasswordDue,
		Open: []access.Session{},
	}
}

type signInInput struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"128"`
		Password string `json:"password" minLength:"1" maxLength:"512"`
		Code     string `json:"code,omitempty" maxLength:"6" doc:"The one-time code, for who has set one up"`
	}
}

// SignedIn is the answer to a sign-in. The token is answered once and kept nowhere.
type SignedIn struct {
	Token  string `json:"token" doc:"Send it as a bearer token; browsers have it in a cookie as well"`
	Caller Caller `json:"caller"`
}

type signInOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      SignedIn
}

func (s *Server) signIn(ctx context.Context, input *signInInput) (*signInOutput, error) {
	if err := s.limitName(ctx, input.Body.Name); err != nil {
		return nil, err
	}
	token, p, err := s.parts.Users.SignIn(ctx, input.Body.Name, input.Body.Password, input.Body.Code)
	if err := s.recordSignIn(ctx, "session.create", p, err); err != nil {
		return nil, err
	}
	return &signInOutput{SetCookie: sessionCookie(token), Body: SignedIn{Token: token, Caller: callerAs(p)}}, nil
}

// recordSignIn writes a sign-in into the log, refused ones too, and gives the refusal its form. A refused
// one names nobody: the name may be nobody's.
func (s *Server) recordSignIn(ctx context.Context, operation string, p access.Principal, err error) error {
	var locked *access.Locked
	refusal := (*Problem)(nil)
	switch {
	case errors.As(err, &locked):
		errors.As(s.lockedProblem(err), &refusal)
	case errors.Is(err, access.ErrCredentials):
		refusal = doorProblem(CodeCredentials, "")
	case err != nil:
		return err
	}
	if s.parts.Door != nil {
		entry := Entry{
			At: s.now(), Actor: p.ID, Operation: operation, Allowed: refusal == nil, Policy: "sign-in",
			RequestID: exchangeOf(ctx).requestID,
		}
		if err := s.parts.Door.Record(ctx, entry); err != nil {
			return err
		}
	}
	if refusal != nil {
		return refusal
	}
	return nil
}

// sessionCookie keeps a token where no script reads it and no other site sends it.
func sessionCookie(token string) http.Cookie {
	return http.Cookie{
		Name: SessionCookie, Value: token, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
}

type callerOutput struct{ Body Caller }

func (s *Server) readSession(ctx context.Context, _ *struct{}) (*callerOutput, error) {
	p := callerOf(ctx)
	caller := callerAs(p)
	open, err := s.parts.Users.Sessions(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	caller.Open = append(caller.Open, open...)
	return &callerOutput{Body: caller}, nil
}

type clearedOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

// cleared takes the browser's cookie away.
func cleared() *clearedOutput {
	cookie := sessionCookie("")
	cookie.MaxAge = -1
	return &clearedOutput{SetCookie: cookie}
}

func (s *Server) signOut(ctx context.Context, _ *struct{}) (*clearedOutput, error) {
	p := callerOf(ctx)
	if p.Kind != access.KindUser { // a key or certificate is no session: there is nothing to end
		return cleared(), nil
	}
	return cleared(), s.parts.Users.SignOut(ctx, p.ID, p.Session)
}

func (s *Server) signOutEverywhere(ctx context.Context, _ *struct{}) (*clearedOutput, error) {
	return cleared(), s.parts.Users.SignOutEverywhere(ctx, callerOf(ctx).ID)
}

type passwordInput struct {
	Body struct {
		Former   string `json:"former" minLength:"1" maxLength:"512"`
		Password string `json:"password" minLength:"12" maxLength:"512" doc:"At least twelve characters; 512 at most; long counts, not odd, and what is common is refused"`
	}
}

func (s *Server) changePassword(ctx context.Context, input *passwordInput) (*clearedOutput, error) {
	if err := s.limitName(ctx, callerOf(ctx).Name); err != nil {
		return nil, err
	}
	err := s.parts.Users.ChangePassword(ctx, callerOf(ctx), input.Body.Former, input.Body.Password)
	return cleared(), s.lockedProblem(err)
}

// lockedProblem gives a lock-out its form, and leaves every other error as it is.
func (s *Server) lockedProblem(err error) error {
	var locked *access.Locked
	if !errors.As(err, &locked) {
		return err
	}
	return doorProblem(CodeSignInLocked, "").retryAfter(int(max(1, math.Ceil(locked.Until.Sub(s.now()).Seconds()))))
}

type codeSecretOutput struct{ Body access.CodeSecret }

type enrolCodeInput struct {
	Body struct {
		Password string `json:"password" minLength:"1" maxLength:"512" doc:"One's password, once more"`
	}
}

func (s *Server) enrolCode(ctx context.Context, input *enrolCodeInput) (*codeSecretOutput, error) {
	if err := s.limitName(ctx, callerOf(ctx).Name); err != nil {
		return nil, err
	}
	secret, err := s.parts.Users.EnrolCode(ctx, callerOf(ctx).ID, input.Body.Password)
	return &codeSecretOutput{Body: secret}, s.lockedProblem(err)
}

type codeInput struct {
	Body struct {
		Code string `json:"code" pattern:"^[0-9]{6}$"`
	}
}

func (s *Server) confirmCode(ctx context.Context, input *codeInput) (*struct{}, error) {
	return nil, s.parts.Users.ConfirmCode(ctx, callerOf(ctx).ID, input.Body.Code)
}

const (
	signOnCookie = "tallystick_sign_on"
	signOnPath   = "/v1/sign-on"
	signOnLife   = 10 * time.Minute
)

type redirectOutput struct {
	Status    int
	Location  string        `header:"Location"`
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// startSignOn keeps a secret in the browser, so that only this browser can come back.
func (s *Server) startSignOn(ctx context.Context, _ *struct{}) (*redirectOutput, error) {
	begun, err := s.parts.Users.StartSignOn(ctx)
	if err != nil {
		return nil, err
	}
	cookie := sessionCookie(begun.Binding)
	cookie.Name, cookie.Path, cookie.MaxAge = signOnCookie, signOnPath, int(signOnLife.Seconds())
	cookie.SameSite = http.SameSiteLaxMode // the provider sends the browser here, from its own pages
	return &redirectOutput{Status: http.StatusSeeOther, Location: begun.URL, SetCookie: []http.Cookie{cookie}}, nil
}

type signOnInput struct {
	State   string `query:"state" maxLength:"512"`
	Code    string `query:"code" maxLength:"4096"`
	Failure string `query:"error" maxLength:"512"`
	Detail  string `query:"error_description" maxLength:"4096"`
	Issuer  string `query:"iss" maxLength:"512"`
	Session string `query:"session_state" maxLength:"512"`
	Scope   string `query:"scope" maxLength:"512"`
	Binding string `cookie:"tallystick_sign_on"`
}

func (s *Server) finishSignOn(ctx context.Context, input *signOnInput) (*redirectOutput, error) {
	token, p, err := s.parts.Users.FinishSignOn(ctx, input.State, input.Code, input.Binding)
	if err := s.recordSignIn(ctx, "session.return", p, err); err != nil {
		return nil, err
	}
	spent := sessionCookie("")
	spent.Name, spent.Path, spent.MaxAge = signOnCookie, signOnPath, -1
	return &redirectOutput{Status: http.StatusSeeOther, Location: "/", SetCookie: []http.Cookie{sessionCookie(token), spent}}, nil
}

// sequenceCursor reads a cursor that is a row's number.
func sequenceCursor(after string) (int64, bool) {
	if after == "" {
		return 0, true
	}
	number, err := strconv.ParseInt(after, 10, 64)
	return number, err == nil && number >= 0
}
