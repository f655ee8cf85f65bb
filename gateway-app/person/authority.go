package person

import (
	"fmt"
	"regexp"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
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

// ErasureRequest names one request for erasure: the member that keeps the record, the record, and when its person
// asked.
type ErasureRequest struct {
	Keeper      string `json:"keeper"`
	Person      string `json:"person"`
	RequestedAt string `json:"requested_at"`
}

// Authoriser is a custodian's or a regulator's own half of an erasure: it signs, with a key that its member
// alone has, that a record may be purged. Whether it should is its people's to decide.
type Authoriser struct {
	kind   party.MemberKind
	member string
	signer Signer
}

// NewAuthoriser makes a member's half. Members of other kinds have none.
func NewAuthoriser(kind party.MemberKind, member string, signer Signer) (*Authoriser, error) {
	if kind != party.Custodian && kind != party.Regulator {
		return nil, fmt.Errorf("sign erasures as a %s: only custodians and regulators do", kind)
	}
	return &Authoriser{kind, member, signer}, nil
}

// PublicKey is what the other members verify by.
func (a *Authoriser) PublicKey() party.Key { return a.signer.PublicKey() }

var (
	personForm = regexp.MustCompile(`^[0-9a-f]{32}$`)
	momentForm = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[0-9.]*Z$`)
)

// Sign answers the member's authority to purge, under a reference of its own.
func (a *Authoriser) Sign(c ErasureRequest, reference string) (Authority, error) {
	switch {
	case c.Keeper == "":
		return Authority{}, fault.In(fault.MissingField, "keeper")
	case !personForm.MatchString(c.Person):
		return Authority{}, fault.In(fault.InvalidField, "person")
	case !momentForm.MatchString(c.RequestedAt):
		return Authority{}, fault.In(fault.InvalidField, "requested_at")
	case reference == "" || len(reference) > longestValue:
		return Authority{}, fault.In(fault.InvalidField, "reference")
	}
	given := Authority{Kind: a.kind, Member: a.member, Reference: reference}
	var err error
	if given.Signature, err = a.signer.Sign(Statement(c, given)); err != nil {
		return Authority{}, fmt.Errorf("sign an authority to purge: %w", err)
	}
	return given, nil
}
