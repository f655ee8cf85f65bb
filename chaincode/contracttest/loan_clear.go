package contracttest

import (
	"testing"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// The sandbox's caps on a natural person: 200,000 yuan on one platform, 1,000,000 across them.
const (
	platformCap money.Minor = 20_000_000
	networkCap  money.Minor = 100_000_000
)

// proposedBy has a borrower's loan proposed.
func (s *Scene) proposedBy(c Customer, principal money.Minor) *Loan {
	s.T.Helper()
	l := s.NewLoan(c, principal)
	s.Do(s.Proposing(l))
	return l
}

func withinPlatformCap(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	borrower := s.Borrower()
	s.Do(s.Clearing(s.proposedBy(borrower, platformCap-tenThousand)))
	last, over := s.proposedBy(borrower, tenThousand), s.proposedBy(borrower, tenThousand)
	call := s.Clearing(last, over)
	s.Refused(call, fault.New(fault.PlatformCap).At(1))
	s.Do(s.Clearing(last))
	s.Refuses(s.Clearing(over), fault.PlatformCap, "")
}

// withinNetworkCap has one person borrow on both platforms, under a cap that leaves each of them room.
func withinNetworkCap(t *testing.T, open func(t *testing.T) Ledger) {
	pack := Sandbox()
	pack.Rules.Natural.NetworkMinor = platformCap + tenThousand
	s := OpenSceneUnder(t, open, pack)
	person := NewHandle()
	here, there := s.CustomerLinkedTo(Harbor, person), s.CustomerLinkedTo(Lantern, person)
	s.Do(s.Clearing(s.proposedBy(here, platformCap)))
	s.Refuses(s.Clearing(s.proposedBy(there, tenThousand+1)), fault.NetworkCap, "")
	s.Do(s.Clearing(s.proposedBy(there, tenThousand)))
	s.Refuses(s.Clearing(s.proposedBy(there, 1_000)), fault.NetworkCap, "")
	s.AdvanceTo(s.Today().AddDays(s.Rules.ClearanceDays + 1)) // neither was funded: both have lapsed
	s.Do(s.Clearing(s.proposedBy(there, platformCap)))
}

// clearingsMeet proposes two clearings from the same state: in one batch the second sees the first; in
// two transactions at once the second is invalid.
func clearingsMeet(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	borrower := s.Borrower()
	first, second := s.proposedBy(borrower, platformCap), s.proposedBy(borrower, tenThousand)
	s.Refused(s.Clearing(first, second), fault.New(fault.PlatformCap).At(1))
	raced := s.Ledger.(Racecourse).Race(t, s.Clearing(first), s.Clearing(second))
	if raced[0].Verdict != peer.TxValidationCode_VALID || raced[1].Verdict != peer.TxValidationCode_MVCC_READ_CONFLICT {
		t.Errorf("two clearings of one borrower at once are %v and %v", raced[0].Verdict, raced[1].Verdict)
	}
	s.CheckBooks()
	s.Refuses(s.Clearing(second), fault.PlatformCap, "")
}

func clearingsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Proposed(tenThousand)
	call := s.Clearing(l)
	call.Member = Harbor
	call.EndorseBy = []string{Meridian, Harbor}
	s.Refused(call, refusal(fault.WrongMember, ""))
	call.Member = Meridian
	s.Refused(call, refusal(fault.WrongMember, ""))

	unknown := s.NewLoan(l.Borrower, tenThousand)
	s.Refuses(s.Clearing(unknown), fault.NotFound, "loan")
	s.Refuses(s.asRegulator("Loan:Clear", Private(Pair, wire.ClearLoan{Loan: l.ID(), Handle: "1", Salt: NewDigest()})),
		fault.InvalidField, "handle")
	s.Refuses(s.asRegulator("Loan:Clear", Private(Pair, wire.ClearLoan{Loan: l.ID(), Handle: NewHandle(), Salt: "1"})),
		fault.InvalidField, "salt")
	s.Do(s.Clearing(l))
	s.Refuses(s.Clearing(l), fault.AlreadyExists, "handle")
	l.Clearance = NewHandle()
	s.Refuses(s.Clearing(l), fault.WrongStatus, "loan")

	stranger := Customer{Handle: NewHandle(), Platform: Harbor, Signer: NewSigner(t, party.P256)}
	s.attest(party.Identity{
		Handle: stranger.Handle, Platform: Harbor, Custodian: Meridian, Kind: party.Natural, KYCLevel: 2,
		Expires: s.Today().AddDays(365), Key: stranger.Signer.Key,
	})
	s.Refuses(s.Clearing(s.proposedBy(stranger, tenThousand)), fault.PartyUnknown, "borrower")
	s.Invalid(s.Clearing(s.Proposed(tenThousand)), Meridian)
}

// reservationsLapse lets a clearance pass its last day, once unused and once used.
func reservationsLapse(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	borrower, lenders := s.Borrower(), s.Lenders(1, platformCap)
	unused := s.proposedBy(borrower, platformCap)
	s.Do(s.Clearing(unused))
	s.AdvanceTo(s.Today().AddDays(s.Rules.ClearanceDays + 1))
	s.Refuses(s.Funding(unused.Share(lenders...)), fault.ClearanceExpired, "")

	used := s.proposedBy(borrower, platformCap)
	s.Do(s.Clearing(used))
	s.Do(s.Funding(used.Share(lenders...)))
	s.AdvanceTo(s.Today().AddDays(s.Rules.ClearanceDays + 1))
	over := s.proposedBy(borrower, 1_000)
	s.Refuses(s.Clearing(over), fault.PlatformCap, "")
	s.Do(s.asPlatform("Loan:Withdraw", Private(Pair, wire.EndLoan{Loan: used.ID(), Reason: "borrower"})))
	s.Do(s.Clearing(over))
}

// reservationsAreRelieved follows one loan's part of its borrower's exposure.
func reservationsAreRelieved(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Lender(platformCap)
	l := s.Active(platformCap, lender)
	relieving := func() Call { return s.asRegulator("Loan:Relieve", Private(Pair, wire.LoanRef{Loan: l.ID()})) }
	s.Do(relieving())
	s.Refuses(relieving(), fault.NotYetDue, "loan")
	further := s.proposedBy(l.Borrower, tenThousand)
	s.Refuses(s.Clearing(further), fault.PlatformCap, "")

	_, row := s.ToRow(l, 1)
	s.Pays(l, Due(row))
	s.Do(relieving())
	s.Do(s.Clearing(further))
	s.Pays(l, s.Owes(l))
	payoff := s.Received(l)
	s.Do(relieving())
	s.Refuses(relieving(), fault.NotYetDue, "loan")
	s.Do(s.Reversing(l, payoff))
	s.Do(relieving())
	again := s.proposedBy(l.Borrower, tenThousand)
	s.Refuses(s.Clearing(again), fault.PlatformCap, "")
	call := relieving()
	call.Member = Harbor
	call.EndorseBy = []string{Meridian, Harbor}
	s.Refused(call, refusal(fault.WrongMember, ""))
}
