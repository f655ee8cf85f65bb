package person

import (
	"context"
	"fmt"
	"regexp"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/gateway-app/vault"
)

// Authorities are the members without whose signature nothing is purged, by their ids.
type Authorities map[string]AuthorityKeys

// AuthorityKeys are what one member signs its authorities with: several while it changes its key, because
// what it has signed counts until the purge.
type AuthorityKeys struct {
	Kind party.MemberKind
	Keys []party.Key
}

// settingsField is what a refusal names where the member's own settings say of nobody that it may sign.
const settingsField = "settings.erasure_authorities"

// verify accepts an authority that one of the member's keys has signed over the statement.
func (all Authorities) verify(a Authority, statement []byte) error {
	known, listed := all[a.Member]
	switch {
	case !all.any(a.Kind):
		return fault.In(fault.MissingField, settingsField)
	case !listed || known.Kind != a.Kind:
		return fault.In(fault.WrongMember, "member")
	case len(a.Signature) == 0:
		return fault.In(fault.MissingField, "signature")
	}
	for _, key := range known.Keys {
		if party.Verify(key, statement, a.Signature) == nil {
			return nil
		}
	}
	return fault.In(fault.SignatureInvalid, "signature")
}

func (all Authorities) any(kind party.MemberKind) bool {
	for _, each := range all {
		if each.Kind == kind && len(each.Keys) > 0 {
			return true
		}
	}
	return false
}

// ErasureRequest is one request for erasure as the authorities see it before they sign: the member that keeps the
// record, the record and its party, when and why erasure was asked for, what has kept the record and how long, and
// what is still open. It holds nothing personal.
type ErasureRequest struct {
	Keeper      string     `json:"keeper"`
	Person      string     `json:"person"`
	Party       string     `json:"party"`
	RequestedAt string     `json:"requested_at"`
	Reason      string     `json:"reason"`
	Duties      []KeptDuty `json:"duties"`
	Open        []string   `json:"open"` // as the keeper's books know it
}

// KeptDuty is a duty without its reference, which may name people.
type KeptDuty struct {
	Kind  DutyKind      `json:"kind"`
	Until calendar.Date `json:"until,omitempty"`
}

// Books know what is open with a party.
type Books interface {
	Open(ctx context.Context, party string) ([]string, error)
}

// AskedByPerson is why most records are erased.
const AskedByPerson = "asked_by_person"

// Authoriser is a custodian's or a regulator's own half of an erasure: it signs, with a key that its member
// alone has, that a record may be purged. Whether it should is its people's to decide.
type Authoriser struct {
	kind   party.MemberKind
	member string
	signer Signer
	books  Books
}

// NewAuthoriser makes a member's half. Members of other kinds have none. The member's own books are asked what is
// open with a party, whatever the keeper says.
func NewAuthoriser(kind party.MemberKind, member string, signer Signer, books Books) (*Authoriser, error) {
	if kind != party.Custodian && kind != party.Regulator {
		return nil, fmt.Errorf("sign erasures as a %s: only custodians and regulators do", kind)
	}
	return &Authoriser{kind, member, signer, books}, nil
}

// PublicKey is what the other members verify by.
func (a *Authoriser) PublicKey() party.Key { return a.signer.PublicKey() }

var (
	personForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
	momentForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*Z$`)
)

// Sign answers the member's authority to purge, under a reference of its own, over the whole request. It refuses a
// request under which a duty runs on the day, or something is open.
func (a *Authoriser) Sign(ctx context.Context, c ErasureRequest, reference string, on calendar.Date) (Authority, error) {
	if !vault.IsFileNumber(reference) {
		return Authority{}, fault.In(fault.InvalidField, "reference")
	}
	if err := c.check(on); err != nil {
		return Authority{}, err
	}
	open, err := a.books.Open(ctx, c.Party)
	if err != nil {
		return Authority{}, fmt.Errorf("sign an authority to purge: %w", err)
	}
	if len(open) > 0 {
		return Authority{}, fault.In(fault.WrongStatus, open[0])
	}
	given := Authority{Kind: a.kind, Member: a.member, Reference: reference}
	if given.Signature, err = a.signer.Sign(Statement(c, given)); err != nil {
		return Authority{}, fmt.Errorf("sign an authority to purge: %w", err)
	}
	return given, nil
}

// check refuses a request that is not whole, or that cannot be granted on a day.
func (c ErasureRequest) check(on calendar.Date) error {
	switch {
	case c.Keeper == "":
		return fault.In(fault.MissingField, "keeper")
	case !personForm.MatchString(c.Person):
		return fault.In(fault.InvalidField, "person")
	case c.Party != "" && !handleForm.MatchString(c.Party):
		return fault.In(fault.InvalidField, "party")
	case !momentForm.MatchString(c.RequestedAt):
		return fault.In(fault.InvalidField, "requested_at")
	case !vault.IsCode(c.Reason):
		return fault.In(fault.InvalidField, "reason")
	case len(c.Duties) == 0:
		return fault.In(fault.MissingField, "duties")
	case len(c.Open) > 0:
		return fault.In(fault.WrongStatus, "open")
	}
	for i, d := range c.Duties {
		if d.Until.IsZero() || on <= d.Until {
			return fault.In(fault.NotYetDue, fmt.Sprintf("duties[%d].until", i))
		}
	}
	return nil
}
