package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
)

// Problem is every refusal's form (RFC 9457), with the code that a program goes by. It never quotes
// what the caller sent, because problems are shown and logged.
type Problem struct {
	Type       string    `json:"type" format:"uri" doc:"Names the kind of problem; urn:tallystick:problem: and the code"`
	Title      string    `json:"title" doc:"The code in words"`
	Status     int       `json:"status" doc:"The HTTP status"`
	Detail     string    `json:"detail" doc:"What to do about it"`
	Code       string    `json:"code" doc:"The reason, from a closed list; never renamed"`
	Field      string    `json:"field,omitempty" doc:"The path of the input that is at fault"`
	Item       int       `json:"item,omitempty" doc:"The position in the batch, from 1"`
	Line       int       `json:"line,omitempty" doc:"Of an uploaded text: the line that is at fault, from 1"`
	Column     int       `json:"column,omitempty" doc:"Of an uploaded text: where in the line, in bytes from 1; none: the whole line"`
	RequestID  string    `json:"request_id" doc:"Names this request in the server's log"`
	LimitBytes int64     `json:"limit_bytes,omitempty" doc:"Of a body that was too large: the longest that is taken"`
	Errors     []Finding `json:"errors,omitempty" doc:"Every fault that was found in the input"`
	Refused    []Refusal `json:"refused,omitempty" doc:"Of a batch that was wholly refused: why, item by item"`

	headers http.Header
}

// Finding is one fault of the input.
type Finding struct {
	Code   string `json:"code"`
	Field  string `json:"field"`
	Item   int    `json:"item,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Detail string `json:"detail"`
}

// Refusal says why one item of a batch was not applied.
type Refusal struct {
	Item   int    `json:"item,omitempty" doc:"The position in the batch, from 1; none: the whole batch"`
	Code   string `json:"code"`
	Field  string `json:"field,omitempty"`
	Remedy string `json:"remedy"`
}

// Codes that only this door knows: they speak of HTTP, not of lending.
const (
	CodeNotSignedIn        = "not_signed_in"
	CodeCredentials        = "credentials_refused"
	CodeSignInLocked       = "sign_in_locked"
	CodeNotAllowed         = "not_allowed"
	CodePasswordDue        = "password_due"
	CodeOneTimeCodeDue     = "one_time_code_due"
	CodeApprovalDue        = "approval_due"
	CodeOperationBeyond    = "operation_beyond_key"
	CodeCertificateMissing = "certificate_missing"
	CodeCrossOrigin        = "cross_origin"
	CodeRouteUnknown       = "route_unknown"
	CodeMethodUnknown      = "http_method_not_allowed"
	CodeNotAcceptable      = "not_acceptable"
	CodeBodyTooLarge       = "body_too_large"
	CodeBodyTooSlow        = "body_too_slow"
	CodeMediaType          = "media_type_unsupported"
	CodeRateLimited        = "rate_limited"
	CodeTooManyStreams     = "too_many_streams"
	CodeKeyReused          = "idempotency_key_reused"
	CodeKeyInFlight        = "idempotency_key_in_flight"
	CodeKeyUnfinished      = "idempotency_key_unfinished"
	CodeRangeUnsatisfiable = "event_unknown"
	CodeRebuilding         = "rebuilding"
	CodeCursor             = "cursor_invalid"
	CodeKYCAway            = "kyc_provider_unavailable"
	CodeSignOnAway         = "sign_on_unavailable"
	CodeReportFormat       = "report_format_not_acceptable"
	CodeReportFont         = "report_font_missing"
	CodeOwnMovement        = "own_movement"
	CodeOtherReason        = "other_reason"
)

// doorCodes is the one table of this door's own codes.
var doorCodes = map[string]struct {
	status int
	remedy string
}{
	CodeNotSignedIn:        {http.StatusUnauthorized, "sign in, or send a valid token, API key or client certificate"},
	CodeCredentials:        {http.StatusUnauthorized, "check name, password and one-time code; after several failures the name is locked for a while"},
	CodeSignInLocked:       {http.StatusTooManyRequests, "wait as long as Retry-After says, or ask an administrator to unlock the name"},
	CodeNotAllowed:         {http.StatusForbidden, "ask an administrator for a role whose policy allows this operation"},
	CodePasswordDue:        {http.StatusForbidden, "choose a password of your own by POST /v1/password, then sign in with it: somebody else made the present one"},
	CodeOneTimeCodeDue:     {http.StatusForbidden, "set up a one-time code by POST /v1/totp and confirm it by POST /v1/totp/confirmations: your role wants one"},
	CodeApprovalDue:        {http.StatusForbidden, "let a second user approve it, as Location names, then send it again with the same key"},
	CodeOperationBeyond:    {http.StatusUnprocessableEntity, "leave this operation out: no policy ever lets a key of this user do it"},
	CodeCertificateMissing: {http.StatusForbidden, "have an administrator enrol you with the member's authority: the ledger says whose word it is, by your own certificate"},
	CodeCrossOrigin:        {http.StatusForbidden, "send it from the gateway app's own pages: another site's page asked for this"},
	CodeRouteUnknown:       {http.StatusNotFound, "see /openapi.json: nothing is served under this path"},
	CodeMethodUnknown:      {http.StatusMethodNotAllowed, "see /openapi.json: this path is served under other methods"},
	CodeNotAcceptable:      {http.StatusNotAcceptable, "accept application/json"},
	CodeBodyTooLarge:       {http.StatusRequestEntityTooLarge, "send a shorter body: split the batch"},
	CodeBodyTooSlow:        {http.StatusRequestTimeout, "send the body without long pauses, over a better line or in smaller parts"},
	CodeMediaType:          {http.StatusUnsupportedMediaType, "send the body in the content type that /openapi.json names"},
	CodeRateLimited:        {http.StatusTooManyRequests, "wait as long as Retry-After says, then send it again"},
	CodeTooManyStreams:     {http.StatusTooManyRequests, "end one of your streams, or follow several things over one"},
	CodeKeyReused:          {http.StatusUnprocessableEntity, "use a new Idempotency-Key for a new request; a key may only repeat the same one"},
	CodeKeyInFlight:        {http.StatusConflict, "wait and send it again with the same key: the first request is still being served"},
	CodeKeyUnfinished:      {http.StatusConflict, "look whether the first request took effect, then go on with a new key: the server stopped while serving it"},
	CodeRangeUnsatisfiable: {http.StatusBadRequest, "send an event id that this server gave"},
	CodeCursor:             {http.StatusBadRequest, "send the next of the page before, under the same path, filter and direction; begin anew where it is lost"},
	CodeKYCAway:            {http.StatusServiceUnavailable, "look at the provider of identity checks (kyc_url) and the way there, then try again; nothing was decided"},
	CodeSignOnAway:         {http.StatusServiceUnavailable, "look at the OpenID provider (oidc.issuer) and the way there; sign in with name and password meanwhile"},
	CodeReportFormat:       {http.StatusNotAcceptable, "accept application/json, text/csv, application/pdf or the type of XLSX, or name format"},
	CodeReportFont:         {http.StatusNotAcceptable, "ask for another format, or have the operator give the app its fonts: see docs/operations.md"},
	CodeOtherReason:        {http.StatusConflict, "give the reason of who asked for the dismissal, as the alert shows it, or escalate or report the alert"},
	CodeOwnMovement:        {http.StatusForbidden, "let an officer decide who neither asked for nor approved a movement of this alert"},
	CodeRebuilding:         {http.StatusServiceUnavailable, "wait as long as Retry-After says: the member's books are being rebuilt, and would leave things out"},
}

// typePrefix begins the URI of every kind of problem.
const typePrefix = "urn:tallystick:problem:"

// doorProblem is a problem with a code of this door's own.
func doorProblem(code, field string) *Problem {
	known := doorCodes[code]
	return &Problem{
		Type: typePrefix + code, Title: inWords(code), Status: known.status, Detail: known.remedy,
		Code: code, Field: field,
	}
}

// faultProblem is a refusal of core's list as a problem.
func faultProblem(f *fault.Fault) *Problem {
	code := string(f.Code)
	return &Problem{
		Type: typePrefix + code, Title: inWords(code), Status: f.Code.HTTPStatus(), Detail: f.Code.Remedy(),
		Code: code, Field: f.Field, Item: f.Item,
	}
}

// Error states the code, the field and the remedy.
func (p *Problem) Error() string {
	if p.Field != "" {
		return p.Code + " (" + p.Field + "): " + p.Detail
	}
	return p.Code + ": " + p.Detail
}

// GetStatus is the HTTP status, as huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are headers that go with the problem.
func (p *Problem) GetHeaders() http.Header { return p.headers }

// ContentType is always problem+json.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// retryAfter asks the caller to wait that many seconds.
func (p *Problem) retryAfter(seconds int) *Problem {
	p.headers = http.Header{"Retry-After": {strconv.Itoa(seconds)}}
	return p
}

// refusal is an item's fault as answers show it.
func refusal(f *fault.Fault) Refusal {
	return Refusal{Item: f.Item, Code: string(f.Code), Field: f.Field, Remedy: f.Code.Remedy()}
}

// problem makes an answer of whatever error a handler returned. What is no refusal is a defect: it is
// logged whole and answered without a word of its text.
func (s *Server) problem(ctx context.Context, err error) *Problem {
	var p *Problem
	if !errors.As(err, &p) {
		p = s.problemOf(ctx, err)
	}
	p.RequestID = exchangeOf(ctx).requestID
	return p
}

func (s *Server) problemOf(ctx context.Context, err error) *Problem {
	if p := s.outsideProblem(ctx, err); p != nil {
		return p
	}
	var f *fault.Fault
	switch {
	case errors.As(err, &f) && f.Code != fault.Internal:
		p := faultProblem(f)
		if errors.Is(err, access.ErrPassword) {
			p.Detail = "choose a password of " + access.PasswordRule
		}
		if f.Code.Retry() {
			return p.retryAfter(1)
		}
		return p
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return faultProblem(fault.New(fault.Unavailable)).retryAfter(1)
	}
	x := exchangeOf(ctx)
	s.logger.ErrorContext(ctx, "an operation failed", "operation", x.operation.id, "request_id", x.requestID, "error", err)
	return faultProblem(fault.New(fault.Internal))
}
