package api

import (
	"context"
	"net/http"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// handleInput names something in a private collection by its handle.
type handleInput struct {
	Handle     string `path:"handle" pattern:"^[0-9a-f]{32}$" doc:"128 bits in lower-case hexadecimal"`
	Collection string `query:"collection" maxLength:"128" doc:"Where to look; everywhere when not given"`
}

// ownOnly hides from a customer what is another's, as if it were not there.
func ownOnly(ctx context.Context, partyHandle string) error {
	own, narrowed := callerOf(ctx).Own()
	if narrowed && (own == "" || own != partyHandle) {
		return fault.In(fault.NotFound, "handle")
	}
	return nil
}

// onlyParty is the party that a list is about: what was asked for, and for a customer their own. False: the customer
// has none, and so nothing to list. A customer who asks for another's is refused, and that is written down.
func (s *Server) onlyParty(ctx context.Context, asked string) (partyHandle string, some bool, err error) {
	own, narrowed := callerOf(ctx).Own()
	if !narrowed {
		return asked, true, nil
	}
	return own, own != "", s.ownFilter(ctx, "party", asked, own)
}

// ownFilter refuses a customer's filter by somebody else.
func (s *Server) ownFilter(ctx context.Context, field, asked, own string) error {
	if asked == "" || asked == own {
		return nil
	}
	if s.parts.Door != nil {
		if err := s.recordRefusal(ctx, Question{Operation: exchangeOf(ctx).operation.id}, "their own alone"); err != nil {
			return err
		}
	}
	return doorProblem(CodeNotAllowed, field)
}

// registerParties adds the reads of parties.
func (s *Server) registerParties() {
	if s.parts.Books == nil {
		return
	}
	const tag = "Party"
	registerList(s, operation{
		id: "party.list", method: http.MethodGet, books: true, path: "/v1/parties", tag: tag, summary: "List parties",
	}, s.listParties)
	register(s, operation{
		id: "party.read", method: http.MethodGet, books: true, path: "/v1/parties/{handle}", tag: tag, single: true,
		summary: "Read a party: attestations, keys and consents", function: "Party:Read",
	}, s.readParty)
}

type partiesInput struct {
	TurnedPaging
	Collection string `query:"collection" maxLength:"128"`
	Kind       string `query:"kind" enum:"natural,legal,institution"`
	ExpiresBy  string `query:"expires_by" format:"date" doc:"Only attestations whose last day is this one or earlier"`
}

func (s *Server) listParties(ctx context.Context, input *partiesInput, page projection.Page) (projection.List[projection.Held[party.State]], error) {
	if own, narrowed := callerOf(ctx).Own(); narrowed {
		found, err := among(ctx, s, handleInput{Handle: own, Collection: input.Collection}, s.parts.Books.Party)
		if err != nil {
			return projection.List[projection.Held[party.State]]{}, err
		}
		return projection.List[projection.Held[party.State]]{Items: []projection.Held[party.State]{found}}, nil
	}
	return s.parts.Books.Parties(ctx, projection.PartyFilter{
		Collection: input.Collection, Kind: party.Kind(input.Kind), ExpiresBy: input.ExpiresBy,
	}, page)
}

type partyOutput struct{ Body projection.Held[party.State] }

func (s *Server) readParty(ctx context.Context, input *handleInput) (*partyOutput, error) {
	found, err := among(ctx, s, *input, s.parts.Books.Party)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, found.State.Handle); err != nil {
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
		id: "mandate.list", method: http.MethodGet, books: true, path: "/v1/mandates", tag: tag, summary: "List mandates",
	}, s.listMandates)
	register(s, operation{
		id: "mandate.read", method: http.MethodGet, books: true, path: "/v1/mandates/{handle}", tag: tag, single: true,
		summary: "Read a mandate: its terms and what was used of it", function: "Mandate:Read",
	}, s.readMandate)
}

type mandatesInput struct {
	TurnedPaging
	Collection string `query:"collection" maxLength:"128"`
	Party      string `query:"party" pattern:"^[0-9a-f]{32}$" doc:"A party's handle"`
	Loan       string `query:"loan" maxLength:"200" doc:"A loan's id"`
	Purpose    string `query:"purpose" enum:"invest,debit"`
	Standing   bool   `query:"standing" doc:"Only those that were not revoked"`
}

func (s *Server) listMandates(ctx context.Context, input *mandatesInput, page projection.Page) (projection.List[projection.Held[mandate.State]], error) {
	partyHandle, some, err := s.onlyParty(ctx, input.Party)
	if err != nil || !some {
		return projection.List[projection.Held[mandate.State]]{}, err
	}
	return s.parts.Books.Mandates(ctx, projection.MandateFilter{
		Collection: input.Collection, Party: partyHandle, Loan: input.Loan, Purpose: mandate.Purpose(input.Purpose),
		Standing: input.Standing,
	}, page)
}

type mandateOutput struct {
	Body projection.Held[mandate.State]
}

func (s *Server) readMandate(ctx context.Context, input *handleInput) (*mandateOutput, error) {
	found, err := among(ctx, s, *input, s.parts.Books.Mandate)
	if err != nil {
		return nil, err
	}
	if err := ownOnly(ctx, found.State.Party); err != nil {
		return nil, err
	}
	return &mandateOutput{Body: found}, nil
}
