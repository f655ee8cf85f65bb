package api

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/keys"
	"github.com/tallystick/tallystick/gateway-app/person"
)

// registerAuthority adds a custodian's or a regulator's half of an erasure at another member: its signature
// under what the keeper of the record then purges.
func (s *Server) registerAuthority() {
	if s.parts.Authority == nil {
		return
	}
	register(s, operation{
		id: "erasure.key", method: http.MethodGet, path: "/v1/erasure-authority", tag: personTag, single: true,
		summary: "The public key by which the members verify this one's authorities to purge",
	}, s.readAuthorityKey)
	register(s, operation{
		id: "erasure.sign", method: http.MethodPost, path: "/v1/erasure-authorities/{id}", tag: personTag, repeatable: true,
		summary: "Sign that a member may purge a person's record: what that member then records",
	}, s.signErasure)
}

// authorityKey is a public key in the form that signatures name and in the form that settings take.
type authorityKey struct {
	Member string    `json:"member"`
	Key    party.Key `json:"key"`
	PEM    string    `json:"pem" doc:"For erasure_authorities in the settings of the members that keep people"`
}

func (s *Server) readAuthorityKey(context.Context, *struct{}) (*bodyOutput[authorityKey], error) {
	key := s.parts.Authority.PublicKey()
	text, err := keys.EncodePublicPEM(key)
	return answerBody(authorityKey{s.parts.Member, key, text}, err)
}

type erasureToSign struct {
	ID   string `path:"id" pattern:"^[0-9a-f]{32}$" doc:"The person's id at the member that keeps the record"`
	Body struct {
		Keeper      string            `json:"keeper" minLength:"1" maxLength:"64" doc:"The member that keeps the record. All but the reference is as that member answers it: request of the erasure"`
		Person      string            `json:"person,omitempty" pattern:"^[0-9a-f]{32}$" doc:"As in the path"`
		Party       string            `json:"party" pattern:"^[0-9a-f]{32}$" doc:"Whose business must be over in this member's own books, too"`
		RequestedAt string            `json:"requested_at" minLength:"20" maxLength:"40"`
		Reason      string            `json:"reason" pattern:"^[a-z][a-z0-9_-]{0,63}$"`
		Duties      []person.KeptDuty `json:"duties" minItems:"1" maxItems:"100" doc:"What has kept the record, and its last days"`
		Open        []string          `json:"open,omitempty" maxItems:"10" doc:"What the keeper knows to be open; nothing is signed while there is any"`
		Reference   string            `json:"reference" pattern:"^[0-9A-Za-z][0-9A-Za-z._:/-]{0,63}$" doc:"This member's own number for its authority: it stays in the receipt, so it has no number of eleven digits or more in it"`
	}
}

// signedAuthority is an authority as the keeper of the record takes it.
type signedAuthority struct {
	Kind      party.MemberKind `json:"kind"`
	Member    string           `json:"member"`
	Reference string           `json:"reference"`
	Signature []byte           `json:"signature"`
}

func (s *Server) signErasure(ctx context.Context, input *erasureToSign) (*bodyOutput[signedAuthority], error) {
	if !slices.Contains(s.keepers(), input.Body.Keeper) {
		return nil, fault.In(fault.MemberUnknown, "keeper")
	}
	if input.Body.Person != "" && input.Body.Person != input.ID {
		return nil, fault.In(fault.InvalidField, "person")
	}
	if err := s.relationOver(ctx, input.Body.Party); err != nil {
		return nil, err
	}
	open := input.Body.Open
	if open == nil {
		open = []string{}
	}
	given, err := s.parts.Authority.Sign(ctx, person.ErasureRequest{
		Keeper: input.Body.Keeper, Person: input.ID, Party: input.Body.Party, RequestedAt: input.Body.RequestedAt,
		Reason: input.Body.Reason, Duties: input.Body.Duties, Open: open,
	}, input.Body.Reference, todayOf(s.now()))
	return answerBody(signedAuthority{given.Kind, given.Member, given.Reference, given.Signature}, err)
}

// relationOver refuses a party whose relation goes on in the member's own records. Whom these do not know it has no
// relation with, and a regulator has none with anybody: the books are asked all the same.
func (s *Server) relationOver(ctx context.Context, handle string) error {
	if s.parts.Customers == nil {
		return nil
	}
	over, err := s.parts.Customers.People.Over(ctx, handle)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return nil
	}
	if err == nil && !over {
		return fault.In(fault.WrongStatus, "party")
	}
	return err
}

// keepers are the members that keep people: the two of every pair that this member knows.
func (s *Server) keepers() []string {
	var all []string
	for _, pair := range s.parts.Pairs {
		all = append(all, pair.Platform, pair.Custodian)
	}
	return all
}
