package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
)

// narrowInput is the query of lists that are narrowed by collection and party.
type narrowInput struct {
	Paging
	Collection string `query:"collection" maxLength:"128"`
	Party      string `query:"party" pattern:"^[0-9a-f]{32}$" doc:"A party's handle"`
}

// narrow is the filter that was asked for, and for a customer never more than what is their own.
func (in narrowInput) narrow(ctx context.Context) Narrow {
	filter := Narrow{Collection: in.Collection, Party: in.Party}
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		filter.Party = own
	}
	return filter
}

// ownOnly hides from a customer what is another's, as if it were not there.
func ownOnly(ctx context.Context, found bool, partyHandle string) error {
	own, narrowed := callerOf(ctx).Own()
	if !found || narrowed && (own == "" || own != partyHandle) {
		return fault.In(fault.NotFound, "handle")
	}
	return nil
}

// registerParties adds the reads of parties.
func (s *Server) registerParties() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Party"
	registerList(s, operation{
		id: "party.list", method: http.MethodGet, path: "/v1/parties", tag: tag, summary: "List parties",
	}, func(ctx context.Context, input *narrowInput, page Page) ([]Row[party.State], string, error) {
		return s.parts.Books.Parties(ctx, input.narrow(ctx), page)
	})
	register(s, operation{
		id: "party.read", method: http.MethodGet, path: "/v1/parties/{handle}", tag: tag, single: true,
		summary: "Read a party: attestations, keys and consents", function: "Party:Read",
	}, s.readParty)
}

type partyOutput struct{ Body Row[party.State] }

func (s *Server) readParty(ctx context.Context, input *handleInput) (*partyOutput, error) {
	found, ok, err := s.parts.Books.Party(ctx, input.Handle)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, ok, found.State.Handle); err != nil {
		return nil, err
	}
	return &partyOutput{Body: found}, nil
}

// registerMandates adds the reads of mandates.
func (s *Server) registerMandates() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Mandate"
	registerList(s, operation{
		id: "mandate.list", method: http.MethodGet, path: "/v1/mandates", tag: tag, summary: "List mandates",
	}, func(ctx context.Context, input *narrowInput, page Page) ([]Row[mandate.State], string, error) {
		return s.parts.Books.Mandates(ctx, input.narrow(ctx), page)
	})
	register(s, operation{
		id: "mandate.read", method: http.MethodGet, path: "/v1/mandates/{handle}", tag: tag, single: true,
		summary: "Read a mandate: its terms and what was used of it", function: "Mandate:Read",
	}, s.readMandate)
}

type mandateOutput struct{ Body Row[mandate.State] }

func (s *Server) readMandate(ctx context.Context, input *handleInput) (*mandateOutput, error) {
	found, ok, err := s.parts.Books.Mandate(ctx, input.Handle)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, ok, found.State.Party); err != nil {
		return nil, err
	}
	return &mandateOutput{Body: found}, nil
}
