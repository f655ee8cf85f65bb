package books

import (
	"fmt"

	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Creator is who signed a transaction, as the certificate in the block says: the organisation, and the role
// that its CA vouches for. Fabric has verified the signature before the transaction counted.
type Creator struct {
	MSPID string
	Role  party.Role
}

// listed reports whether the root key lists a member as it was entered.
func (a *Auditor) listed(member string) bool {
	digest, ok := a.roots[wire.RootMembers].Find(member)
	return ok && digest == a.digests[wire.MemberKey(member)]
}

// sender is the listed member whose certificate signed the transaction in hand.
func (a *Auditor) sender() (party.Actor, error) {
	for _, entry := range a.roots[wire.RootMembers].Listed {
		m := a.members[entry.ID]
		if m.MSPID == a.creator.MSPID && m.MSPID != "" && a.listed(m.ID) {
			return party.Actor{Member: m.ID, Kind: m.Kind, Role: a.creator.Role}, nil
		}
	}
	return party.Actor{}, fmt.Errorf("%q, who sent it, is no member that the root key lists", a.creator.MSPID)
}

// author is the sender, who must be the member that an event names: nobody's deed is another's to write.
func (a *Auditor) author(by string) (party.Actor, error) {
	actor, err := a.sender()
	if err != nil {
		return actor, err
	}
	if actor.Member != by {
		return actor, fmt.Errorf("%s sent what %q is said to have done", actor.Member, by)
	}
	return actor, nil
}

// writer is the author, acting in a role that may write business.
func (a *Auditor) writer(by string) (party.Actor, error) {
	actor, err := a.author(by)
	if err != nil {
		return actor, err
	}
	return actor, permitted(actor.RequireWriter(), actor)
}

// custodian is the custodian of a collection, who must have sent the transaction.
func (a *Auditor) custodian(collection string) (party.Actor, error) {
	_, custodian, err := a.pair(collection)
	if err != nil {
		return party.Actor{}, err
	}
	return a.writer(custodian)
}

func permitted(refusal error, actor party.Actor) error {
	if refusal != nil {
		return fmt.Errorf("%s sent it as %q: %w", actor.Member, actor.Role, refusal)
	}
	return nil
}
