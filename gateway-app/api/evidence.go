package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// registerEvidence adds the reads of evidence, which is public to the consortium.
func (s *Server) registerEvidence() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Evidence"
	registerList(s, operation{
		id: "evidence.list", method: http.MethodGet, path: "/v1/evidence", tag: tag,
		summary: "List anchored digests in the order of the log",
	}, func(ctx context.Context, input *evidenceInput, page Page) ([]Row[wire.Anchored], string, error) {
		return s.parts.Books.Evidence(ctx, input.Member, page)
	})
	register(s, operation{
		id: "evidence.find", method: http.MethodGet, path: "/v1/evidence/{member}/{digest}", tag: tag, single: true,
		summary: "Find an anchored digest", function: "Evidence:Find",
	}, s.findEvidence)
	register(s, operation{
		id: "evidence.read", method: http.MethodGet, path: "/v1/evidence/{member}", tag: tag, single: true,
		summary: "Read the head of a member's evidence log", function: "Evidence:ReadLog",
	}, s.readEvidenceLog)
}

type evidenceInput struct {
	Paging
	Member string `query:"member" maxLength:"64" doc:"A member's id; all members' when not given"`
}

type evidenceEntryInput struct {
	Member string `path:"member" maxLength:"64"`
	Digest string `path:"digest" pattern:"^[0-9a-f]{64}$"`
}

type evidenceEntryOutput struct{ Body Row[wire.Anchored] }

func (s *Server) findEvidence(ctx context.Context, input *evidenceEntryInput) (*evidenceEntryOutput, error) {
	found, ok, err := s.parts.Books.EvidenceEntry(ctx, input.Member, input.Digest)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.In(fault.NotFound, "digest")
	}
	return &evidenceEntryOutput{Body: found}, nil
}

type evidenceLogInput struct {
	Member string `path:"member" maxLength:"64"`
}

type evidenceLogOutput struct{ Body Row[evidence.LogState] }

func (s *Server) readEvidenceLog(ctx context.Context, input *evidenceLogInput) (*evidenceLogOutput, error) {
	found, ok, err := s.parts.Books.EvidenceLog(ctx, input.Member)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.In(fault.NotFound, "member")
	}
	return &evidenceLogOutput{Body: found}, nil
}
