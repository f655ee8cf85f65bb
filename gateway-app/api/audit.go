package api

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/access"
	"github.com/tallystick/tallystick/gateway-app/accesslog"
	"github.com/tallystick/tallystick/gateway-app/accesslog/chain"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// accessRow describes chain.Row, whose sequence travels as a text.
type accessRow struct {
	Sequence string         `json:"sequence" doc:"From 1, without gaps"`
	Content  *accessContent `json:"content,omitempty" doc:"What the row says; not there where it is withheld from who asks"`
	Salt     string         `json:"salt,omitempty" doc:"Of the digest: 128 random bits in hexadecimal; with the content or not at all"`
	Digest   string         `json:"digest" doc:"SHA-256 of {content, salt} as canonical JSON"`
	Previous string         `json:"previous" doc:"The hash of the row before"`
	Hash     string         `json:"hash" doc:"SHA-256 of {sequence, digest, previous} as canonical JSON"`
}

// accessContent describes chain.Content.
type accessContent struct {
	At           string `json:"at"`
	Actor        string `json:"actor" doc:"The id of who called"`
	Operation    string `json:"operation"`
	Decision     string `json:"decision"`
	Policy       string `json:"policy" doc:"The policy that decided"`
	Subject      string `json:"subject" doc:"The handle of what was asked for: a record's, or the one that a list was narrowed to"`
	RequestID    string `json:"request_id"`
	Count        string `json:"count,omitempty" doc:"How many parties, loans and records were shown or written"`
	Disclosed    string `json:"disclosed,omitempty" doc:"SHA-256 over their handles, which GET /v1/audit/subjects/{party} looks through"`
	Confidential bool   `json:"confidential,omitempty" doc:"The row is withheld from whoever may not read alerts"`
}

// registerAudit adds the access log and what waits for a second user's approval.
func (s *Server) registerAudit() {
	if s.parts.AccessLog != nil {
		const tag = "Audit"
		s.described.OpenAPI().Components.Schemas.RegisterTypeAlias(reflect.TypeFor[chain.Row](), reflect.TypeFor[accessRow]())
		registerList(s, operation{
			id: "audit_log.read", method: http.MethodGet, path: "/v1/audit-log", tag: tag,
			summary: "Read the hash-chained access log, without what is confidential to who may not read alerts; as lines of JSON, `tally audit log` verifies it",
		}, s.readAccessLog)
		s.registerSightings(tag)
		register(s, operation{
			id: "audit_log.anchor", method: http.MethodPost, path: "/v1/audit-log/anchors", tag: tag, repeatable: true,
			summary: "Anchor the head of the access log on the ledger now; it is anchored daily unasked",
		}, s.anchorAccessLog)
	}
	if s.parts.Approvals != nil {
		s.registerApprovals()
	}
}

type accessLogInput struct {
	Paging
	Actor     string `query:"actor" pattern:"^([0-9a-z][0-9a-z-]{0,63})?$" doc:"Only rows of this user"`
	Operation string `query:"operation" maxLength:"64" doc:"Only rows of this operation; one that there is not is refused"`
	Subject   string `query:"subject" pattern:"^([0-9a-f]{32})?$" doc:"Only rows about this handle. What is narrowed has gaps and is no chain: verify the whole log"`
}

// readAccessLog answers the log as the caller may read it: a row that is withheld keeps its place and is found by
// nothing that it says.
func (s *Server) readAccessLog(ctx context.Context, in *accessLogInput, page projection.Page) (projection.List[chain.Row], error) {
	none := projection.List[chain.Row]{}
	after, ok := sequenceCursor(page.After)
	if !ok {
		return none, fault.In(fault.InvalidField, "cursor")
	}
	if in.Operation != "" && !access.Known(in.Operation) {
		return none, fault.In(fault.InvalidField, "operation")
	}
	knows, err := s.seesAlerts(ctx)
	if err != nil {
		return none, err
	}
	filter := accesslog.Filter{Actor: in.Actor, Operation: in.Operation, Subject: in.Subject}
	rows, err := s.parts.AccessLog.For(knows).Page(ctx, filter, after, page.Limit)
	return pageOf(rows, page.Limit, func(r chain.Row) string { return strconv.FormatInt(r.Sequence, 10) }), err
}

// Anchored is a head of the access log that stands on the ledger.
type Anchored struct {
	Anchored bool   `json:"anchored" doc:"False: nothing is new since the last anchor"`
	Sequence string `json:"sequence,omitempty" doc:"The row whose hash it is"`
	Hash     string `json:"hash,omitempty"`
	TxID     string `json:"tx_id,omitempty"`
	Block    uint64 `json:"block,omitempty"`
}

type anchoredOutput struct{ Body Anchored }

func (s *Server) anchorAccessLog(ctx context.Context, _ *struct{}) (*anchoredOutput, error) {
	anchor, ok, err := s.parts.AccessLog.Anchor(ctx)
	if err != nil || !ok {
		return &anchoredOutput{}, err
	}
	return &anchoredOutput{Body: anchored(anchor)}, nil
}

func anchored(a accesslog.Anchor) Anchored {
	return Anchored{Anchored: true, Sequence: strconv.FormatInt(a.Sequence, 10), Hash: a.Hash, TxID: a.TxID, Block: a.Block}
}
