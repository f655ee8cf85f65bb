package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// listInput is the query of a list that is narrowed by nothing.
type listInput struct{ Paging }

// registerConsortium adds the reads of governance: members, regimes and frozen platforms.
func (s *Server) registerConsortium() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Consortium"
	registerList(s, operation{
		id: "member.list", method: http.MethodGet, books: true, path: "/v1/members", tag: tag, summary: "List members",
		function: "Consortium:ReadMembers",
	}, func(ctx context.Context, _ *listInput, page projection.Page) (projection.List[projection.Member], error) {
		return s.parts.Books.Members(ctx, page)
	})
	registerList(s, operation{
		id: "regime.list", method: http.MethodGet, books: true, path: "/v1/regimes", tag: tag, summary: "List regime packs",
		function: "Consortium:ReadRegimes",
	}, func(ctx context.Context, _ *listInput, page projection.Page) (projection.List[projection.Regime], error) {
		return s.parts.Books.Regimes(ctx, page)
	})
	register(s, operation{
		id: "regime.read", method: http.MethodGet, books: true, path: "/v1/regimes/{id}", tag: tag, single: true,
		summary: "Read a regime pack and the digest to approve it by",
	}, s.readRegime)
	registerList(s, operation{
		id: "platform.list", method: http.MethodGet, books: true, path: "/v1/platforms/freezes", tag: tag,
		summary: "List supervisory freezes of platforms", function: "Consortium:ReadFreezes",
	}, func(ctx context.Context, _ *listInput, page projection.Page) (projection.List[projection.Held[wire.PlatformFreeze]], error) {
		return s.parts.Books.Freezes(ctx, page)
	})
}

type regimeInput struct {
	ID string `path:"id" maxLength:"64"`
}

type regimeOutput struct{ Body projection.Regime }

func (s *Server) readRegime(ctx context.Context, input *regimeInput) (*regimeOutput, error) {
	found, err := s.parts.Books.Regime(ctx, input.ID)
	if err != nil {
		return nil, missing(err, "id")
	}
	return &regimeOutput{Body: found}, nil
}
