package contracttest

import (
	"encoding/base64"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func fundingsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, tenThousand)
	s.Refuses(s.Funding(s.Proposed(tenThousand).Share(lenders...)), fault.WrongStatus, "loan")
	l := s.Cleared(tenThousand)
	for _, c := range []struct {
		name  string
		spoil func(*Loan)
		code  fault.Code
		field string
	}{
		{"nobody lends", func(l *Loan) { l.Allocations = []loan.Allocation{} }, fault.AllocationMismatch, "allocations"},
		{"less than the principal", func(l *Loan) { l.Allocations[1].PrincipalMinor-- }, fault.AllocationMismatch, "allocations"},
		{"one lender twice", func(l *Loan) { l.Allocations[1] = l.Allocations[0] }, fault.AllocationMismatch, "allocations[1]"},
		{"an unknown lender", func(l *Loan) { l.Allocations[1].Lender = NewHandle() }, fault.PartyUnknown, "allocations[1].lender"},
		{"the borrower lends", func(l *Loan) { l.Allocations[1].Lender = l.Borrower.Handle }, fault.SelfFinancing, "allocations[1].lender"},
		{"an unknown mandate", func(l *Loan) { l.Allocations[1].Mandate = NewHandle() }, fault.MandateUnknown, "allocations[1].mandate"},
		{"another's mandate", func(l *Loan) { l.Allocations[1].Mandate = l.Allocations[0].Mandate }, fault.MandateMismatch, "allocations[1].mandate"},
		{"a hold by name", func(l *Loan) { l.Allocations[1].Hold = "hold-1" }, fault.InvalidField, "handle"},
		{"somebody else signs", func(l *Loan) { l.Borrower.Signer = lenders[0].Signer }, fault.SignatureInvalid, "borrower_signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spoiled := *l
			spoiled.Share(lenders...)
			c.spoil(&spoiled)
			s.within(t, func() { s.Refuses(s.Funding(&spoiled), c.code, c.field) })
		})
	}
	unsigned := Private(Pair, wire.FundLoan{
		Loan: l.ID(), Allocations: l.Share(lenders...).Allocations, Salt: NewDigest(),
		BorrowerSignature: base64.StdEncoding.EncodeToString([]byte("yes")),
	})
	s.Refuses(s.asPlatform("Loan:Fund", unsigned), fault.SignatureInvalid, "borrower_signature")
	call := s.Funding(l)
	call.Member = Meridian
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(s.Funding(l))
	s.Refuses(s.Funding(l), fault.WrongStatus, "loan")
	takesAnothersHold(s, l, lenders)
}

// takesAnothersHold names a hold that another loan has instructed.
func takesAnothersHold(s *Scene, funded *Loan, lenders []Customer) {
	s.T.Helper()
	l := s.Cleared(tenThousand).Share(lenders...)
	l.Allocations[0].Hold = funded.Allocations[0].Hold
	s.Refuses(s.Funding(l), fault.AlreadyExists, "handle")
}

// mandatesBind counts holds against a mandate, gives back what came to nothing, and lets a party change
// its mind until its cash is held.
func mandatesBind(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Customer(Harbor)
	s.Deposit(lender, 3*tenThousand)
	lender.Mandate = s.confirmed(lender, mandate.Terms{
		Purpose: mandate.Invest, TotalMinor: 2*tenThousand - 1, PerLoanMinor: tenThousand, MaxInstalments: 12,
		MinRatePPM: 100_000, MaxShareOfLoanPPM: 1_000_000,
	})
	first := s.Funded(tenThousand, lender)
	if used := s.Mandate(lender.Mandate).UsedMinor; used != tenThousand {
		t.Errorf("%d of the mandate is used, want %d", used, tenThousand)
	}
	second := s.Cleared(tenThousand).Share(lender)
	s.Refuses(s.Funding(second), fault.MandateLimitExceeded, "allocations[0].mandate")
	s.Do(s.asPlatform("Loan:Withdraw", Private(Pair, wire.EndLoan{Loan: first.ID(), Reason: "borrower"})))
	if used := s.Mandate(lender.Mandate).UsedMinor; used != 0 {
		t.Errorf("%d of the mandate is used after the withdrawal, want none", used)
	}
	s.Do(s.Funding(second))
	cheap := s.NewLoan(s.Borrower(), tenThousand)
	cheap.Terms.RatePPM = 99_999
	s.Do(s.Proposing(cheap))
	s.Do(s.Clearing(cheap))
	s.Refuses(s.Funding(cheap.Share(lender)), fault.MandateMismatch, "allocations[0].mandate")

	s.RevokeMandate(lender.Mandate)
	s.Refuses(s.Accepting(second.Holds()...), fault.MandateRevoked, "")
	s.Has(lender, 3*tenThousand, 0)
	s.Refuses(s.Funding(s.Cleared(tenThousand).Share(lender)), fault.MandateRevoked, "allocations[0].mandate")
}

func frozenBorrower(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, 3*tenThousand)
	cleared, funded, asked := s.Cleared(tenThousand).Share(lenders...), s.Funded(tenThousand, lenders...), s.Instructed(tenThousand, lenders...)
	for _, l := range []*Loan{cleared, funded, asked} {
		s.FreezeParty(l.Borrower, "order-17")
	}
	s.Refuses(s.Funding(cleared), fault.PartyFrozen, "")
	s.Refuses(s.Disbursing(funded), fault.PartyFrozen, "")
	s.Refuses(s.Accepting(asked.Disbursement), fault.PartyFrozen, "")
	s.Refuses(s.Proposing(s.NewLoan(cleared.Borrower, tenThousand)), fault.PartyFrozen, "")
	s.ReleaseParty(asked.Borrower, "order-17")
	s.PayLoanOut(asked)
	s.Is(asked, loan.Active)
	s.FreezeParty(asked.Borrower, "order-18")
	s.Pays(asked, 1_000)
}

// FreezeParty is the regulator's order over a party, for a year.
func (s *Scene) FreezeParty(c Customer, order string) {
	s.T.Helper()
	s.Do(s.asSupervisor("Party:Freeze", Private(c.pair(), wire.PartyFreeze{
		Handle: c.Handle, Order: order, Until: s.Today().AddDays(365),
	})))
}

// ReleaseParty lifts it.
func (s *Scene) ReleaseParty(c Customer, order string) {
	s.T.Helper()
	s.Do(s.asSupervisor("Party:Release", Private(c.pair(), wire.PartyRelease{Handle: c.Handle, Order: order})))
}

func frozenLoan(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, 4*tenThousand)
	order := func(function string, l *Loan, number string) Call {
		return s.asSupervisor(function, Private(Pair, wire.OrderLoan{Loan: l.ID(), Order: number}))
	}
	proposed, cleared := s.Proposed(tenThousand), s.Cleared(tenThousand).Share(lenders...)
	collecting, funded := s.Collecting(tenThousand, lenders...), s.Funded(tenThousand, lenders...)
	asked, active := s.Instructed(tenThousand, lenders...), s.Active(tenThousand, lenders...)
	for _, l := range []*Loan{proposed, cleared, collecting, funded, asked, active} {
		s.Do(order("Loan:Freeze", l, "order-4"))
	}
	s.Refuses(s.Clearing(proposed), fault.LoanFrozen, "")
	s.Refuses(s.Funding(cleared), fault.LoanFrozen, "")
	s.Refuses(s.Accepting(collecting.Holds()...), fault.LoanFrozen, "")
	s.Refuses(s.Disbursing(funded), fault.LoanFrozen, "")
	s.Refuses(s.Accepting(asked.Disbursement), fault.LoanFrozen, "")
	s.Pays(active, 5_000)

	s.Refuses(order("Loan:Freeze", funded, "order-5"), fault.LoanFrozen, "order")
	s.Refuses(order("Loan:Freeze", active, ""), fault.InvalidField, "order")
	s.Refuses(order("Loan:Release", funded, "order-5"), fault.NotFound, "order")
	call := order("Loan:Release", funded, "order-4")
	call.Role = party.Operator
	s.Refused(call, refusal(fault.WrongRole, ""))
	call.Member, call.Role = Harbor, party.Supervisor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(order("Loan:Release", funded, "order-4"))
	s.Do(s.Disbursing(funded))
	s.PayLoanOut(funded)
}

func frozenPlatform(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, 2*tenThousand)
	cleared, active := s.Cleared(tenThousand).Share(lenders...), s.Active(tenThousand, lenders...)
	number := "order-" + NewHandle()
	order := func(function string) Call {
		return s.asSupervisor(function, Public(wire.PlatformOrder{Platform: Harbor, Order: number}))
	}
	borrower := s.Borrower()
	s.Do(order("Consortium:FreezePlatform"))
	defer func() { s.Submit(t, order("Consortium:ReleasePlatform")) }() // others may share the ledger
	s.Refuses(s.Proposing(s.NewLoan(borrower, tenThousand)), fault.PlatformFrozen, "")
	s.Refuses(s.Funding(cleared), fault.PlatformFrozen, "")
	_, row := s.ToRow(active, 1)
	s.PaysRow(active, row)
	run := NewHandle()
	s.Do(s.Netting(run, active))
	s.PayOut(run, custody.PayOut, lenders[0].Handle)
	s.Do(order("Consortium:ReleasePlatform"))
	s.Do(s.Funding(s.Cleared(tenThousand).Share(lenders...)))
}
