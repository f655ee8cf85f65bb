package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
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
		id: "member.list", method: http.MethodGet, path: "/v1/members", tag: tag, summary: "List members",
		function: "Consortium:ReadMembers",
	}, func(ctx context.Context, _ *listInput, page Page) ([]Row[wire.Member], string, error) {
		return s.parts.Books.Members(ctx, page)
	})
	registerList(s, operation{
		id: "regime.list", method: http.MethodGet, path: "/v1/regimes", tag: tag, summary: "List regime packs",
		function: "Consortium:ReadRegimes",
	}, func(ctx context.Context, _ *listInput, page Page) ([]Row[regime.Pack], string, error) {
		return s.parts.Books.Regimes(ctx, page)
	})
	register(s, operation{
		id: "regime.read", method: http.MethodGet, path: "/v1/regimes/{id}", tag: tag, single: true,
		summary: "Read a regime pack and the digest to approve it by",
	}, s.readRegime)
	registerList(s, operation{
		id: "platform.list", method: http.MethodGet, path: "/v1/platforms/freezes", tag: tag,
		summary: "List supervisory freezes of platforms", function: "Consortium:ReadFreezes",
	}, func(ctx context.Context, _ *listInput, page Page) ([]Row[wire.PlatformFreeze], string, error) {
		return s.parts.Books.Freezes(ctx, page)
	})
}

type regimeInput struct {
	ID string `path:"id" maxLength:"64"`
}

// Regime is a pack and the digest that an approval names.
type Regime struct {
	Row[regime.Pack]
	Digest string `json:"digest"`
}

type regimeOutput struct{ Body Regime }

func (s *Server) readRegime(ctx context.Context, input *regimeInput) (*regimeOutput, error) {
	found, ok, err := s.parts.Books.Regime(ctx, input.ID)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.In(fault.NotFound, "id")
	}
	digest, err := wire.PackDigest(found.State)
	if err != nil {
		return nil, err
	}
	return &regimeOutput{Body: Regime{Row: found, Digest: digest}}, nil
}
