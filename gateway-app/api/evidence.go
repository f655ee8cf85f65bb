package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// registerEvidence adds the reads of evidence, which is public to the consortium.
func (s *Server) registerEvidence() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Evidence"
	registerList(s, operation{
		id: "evidence.list", method: http.MethodGet, books: true, path: "/v1/evidence", tag: tag,
		summary: "List anchored digests in the order of the ledger",
	}, s.listEvidence)
	register(s, operation{
		id: "evidence.find", method: http.MethodGet, books: true, path: "/v1/evidence/{member}/{digest}", tag: tag, single: true,
		summary: "Find an anchored digest", function: "Evidence:Find",
	}, s.findEvidence)
	register(s, operation{
		id: "evidence.read", method: http.MethodGet, books: true, path: "/v1/evidence/{member}", tag: tag, single: true,
		summary: "Read the head of a member's evidence log", function: "Evidence:ReadLog",
	}, s.readEvidenceLog)
}

type evidenceInput struct {
	TurnedPaging
	Member string `query:"member" maxLength:"64" doc:"A member's id; all members' when not given"`
	Digest string `query:"digest" pattern:"^[0-9a-f]{64}$"`
}

type anchoredList = projection.List[projection.Held[wire.Anchored]]

func (s *Server) listEvidence(ctx context.Context, input *evidenceInput, page projection.Page) (anchoredList, error) {
	return s.parts.Books.EvidenceEntries(ctx, projection.EvidenceFilter{Member: input.Member, Digest: input.Digest}, page)
}

type evidenceEntryInput struct {
	Member string `path:"member" maxLength:"64"`
	Digest string `path:"digest" pattern:"^[0-9a-f]{64}$"`
}

type evidenceEntryOutput struct {
	Body projection.Held[wire.Anchored]
}

func (s *Server) findEvidence(ctx context.Context, input *evidenceEntryInput) (*evidenceEntryOutput, error) {
	found, err := s.parts.Books.EvidenceEntries(ctx,
		projection.EvidenceFilter{Member: input.Member, Digest: input.Digest}, projection.Page{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(found.Items) == 0 {
		return nil, fault.In(fault.NotFound, "digest")
	}
	return &evidenceEntryOutput{Body: found.Items[0]}, nil
}

type evidenceLogInput struct {
	Member string `path:"member" maxLength:"64"`
}

type evidenceLogOutput struct {
	Body projection.Held[evidence.LogState]
}

func (s *Server) readEvidenceLog(ctx context.Context, input *evidenceLogInput) (*evidenceLogOutput, error) {
	found, err := s.parts.Books.EvidenceLog(ctx, input.Member)
	if err != nil {
		return nil, missing(err, "member")
	}
	return &evidenceLogOutput{Body: found}, nil
}
