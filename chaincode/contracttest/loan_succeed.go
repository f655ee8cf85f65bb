package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Succeeding gives the person behind a customer another pseudonym.
func (s *Scene) Succeeding(c Customer, pseudonym string) Call {
	s.Secret(pseudonym)
	return s.asBank("Party:Succeed", Private(c.pair(), wire.PartyLink{Handle: c.Handle, Pseudonym: pseudonym}))
}

// exposureSucceeds has a person borrow on both platforms up to the network's cap, before and after its
// pseudonym is succeeded twice, and a loan cleared under the first be relieved under the last.
func exposureSucceeds(t *testing.T, open func(t *testing.T) Ledger) {
	pack := Sandbox()
	pack.Rules.Natural.NetworkMinor = platformCap + tenThousand
	s := OpenSceneUnder(t, open, pack)
	person, second, third := NewHandle(), NewHandle(), NewHandle()
	here, there := s.CustomerLinkedTo(Harbor, person), s.CustomerLinkedTo(Lantern, person)
	cleared := s.proposedBy(here, platformCap)
	s.Do(s.Clearing(cleared))

	s.Do(s.Succeeding(here, second))
	s.Refuses(s.Succeeding(there, second), fault.AlreadyExists, "")
	s.Refuses(s.Clearing(s.proposedBy(there, tenThousand+1)), fault.NetworkCap, "")
	s.Do(s.Clearing(s.proposedBy(there, tenThousand)))
	s.Do(s.Succeeding(there, third))
	s.Refuses(s.Clearing(s.proposedBy(there, 1_000)), fault.NetworkCap, "")

	// Who is linked to a former pseudonym later, or to the latest, is the same person.
	for _, pseudonym := range []string{person, second, third} {
		late := s.CustomerLinkedTo(Lantern, pseudonym)
		s.Refuses(s.Clearing(s.proposedBy(late, 1_000)), fault.NetworkCap, "")
	}
	s.Do(s.asPlatform("Loan:Withdraw", Private(Pair, wire.EndLoan{Loan: cleared.ID(), Reason: "borrower"})))
	s.Do(s.asRegulator("Loan:Relieve", Private(Pair, wire.LoanRef{Loan: cleared.ID()})))
	s.Do(s.Clearing(s.proposedBy(there, platformCap-tenThousand)))
}

// successionsRefused tries what would leave a person between two pseudonyms, or lies with nobody.
func successionsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	first, second := NewHandle(), NewHandle()
	c := s.CustomerLinkedTo(Harbor, first)
	call := s.Succeeding(c, second)
	call.Member = Authority
	s.Refused(call, refusal(fault.WrongMember, ""))
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Refuses(s.Succeeding(c, first), fault.AlreadyExists, "")
	s.Refuses(s.Succeeding(c, "second"), fault.InvalidField, "pseudonym")
	s.Refuses(s.Succeeding(Customer{Handle: NewHandle(), Platform: Harbor}, second), fault.PartyUnknown, "")
	s.Invalid(s.Succeeding(c, second), Meridian)
	s.Do(s.Succeeding(c, second)) // nothing is reserved: the name alone goes on
	s.Refuses(s.Succeeding(c, first), fault.WrongStatus, "pseudonym")
	s.Do(s.Clearing(s.proposedBy(c, platformCap)))
	s.Refuses(s.Clearing(s.proposedBy(c, 1_000)), fault.PlatformCap, "")

	// Two that meet in one are one: the balances add up.
	other := s.CustomerLinkedTo(Harbor, NewHandle())
	s.Do(s.Clearing(s.proposedBy(other, tenThousand)))
	s.Do(s.Succeeding(other, second))
	s.Refuses(s.Clearing(s.proposedBy(other, 1_000)), fault.PlatformCap, "")
}
