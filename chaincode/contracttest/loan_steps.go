package contracttest

import (
	"encoding/base64"
	"encoding/json"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

// Loan is a loan of a scene, with what its members know of it outside the ledger.
type Loan struct {
	Terms        loan.Terms
	Borrower     Customer
	Lenders      []Customer
	Allocations  []loan.Allocation
	Clearance    string
	Disbursement string
}

// ID is the loan's full name, and the account that its borrower pays to.
func (l *Loan) ID() string { return l.Terms.ID }

func (l *Loan) pair() string { return l.Borrower.pair() }

// Handle is the last part of the id.
func (l *Loan) Handle() string {
	_, _, handle, _ := wire.SplitLoanID(l.ID())
	return handle
}

// NewLoan draws up terms: twelve equal instalments at 12 % a year, one percent of each instalment's
// interest for the platform.
func (s *Scene) NewLoan(borrower Customer, principal money.Minor) *Loan {
	l := &Loan{Borrower: borrower, Clearance: NewHandle(), Disbursement: NewHandle()}
	l.Terms = loan.Terms{
		Version: wire.Version, ID: wire.LoanID("lending", borrower.Platform, NewHandle()), Platform: borrower.Platform,
		Custodian: Meridian, Borrower: borrower.Handle, Project: NewHandle(), Regime: s.Regime,
		Currency: s.Rules.Currency, PrincipalMinor: principal, RatePPM: 120_000, PenaltyRatePPM: 60_000,
		Instalments: 12, Method: schedule.EqualInstalment, DayCount: calendar.Thirty360, MonthEnd: calendar.Clamp,
		Charges: []schedule.Charge{{
			Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 10_000,
		}},
		AgreementDigest: NewDigest(), Salt: NewDigest(),
	}
	s.Secret(l.Handle(), l.Terms.Project, l.Clearance, l.Disbursement)
	return l
}

// Proposing is the call by which the loan's platform proposes it.
func (s *Scene) Proposing(l *Loan) Call {
	c := s.asPlatform("Loan:Propose", Private(l.pair(), wire.ProposeLoan{Terms: l.Terms}))
	c.Member = l.Borrower.Platform
	return c
}

// Clearing is the call by which the regulator clears loans of one platform.
func (s *Scene) Clearing(loans ...*Loan) Call {
	items := make([]wire.ClearLoan, len(loans))
	for i, l := range loans {
		items[i] = wire.ClearLoan{Loan: l.ID(), Handle: l.Clearance, Salt: NewDigest()}
	}
	return s.asRegulator("Loan:Clear", Private(loans[0].pair(), items...))
}

// Share allocates the loan to lenders in equal parts; the first takes what is left over.
func (l *Loan) Share(lenders ...Customer) *Loan {
	l.Lenders, l.Allocations = lenders, nil
	each := l.Terms.PrincipalMinor / money.Minor(len(lenders)) // rounds down; the rest is the first one's
	for _, c := range lenders {
		l.Allocations = append(l.Allocations, loan.Allocation{
			Lender: c.Handle, Mandate: c.Mandate, Hold: NewHandle(), PrincipalMinor: each,
		})
	}
	l.Allocations[0].PrincipalMinor += l.Terms.PrincipalMinor - each*money.Minor(len(lenders))
	return l
}

// Funding is the call by which the loan's platform funds it.
func (s *Scene) Funding(l *Loan) Call {
	s.T.Helper()
	statement := loan.CommitmentStatement(l.ID(), l.Borrower.Handle, l.Terms.Commitment())
	for _, a := range l.Allocations {
		s.Secret(a.Hold)
	}
	return s.asPlatform("Loan:Fund", Private(l.pair(), wire.FundLoan{
		Loan: l.ID(), Allocations: l.Allocations, Salt: NewDigest(),
		BorrowerSignature: base64.StdEncoding.EncodeToString(l.Borrower.Signer.Sign(s.T, statement)),
	}))
}

// Accepting is the call by which the bank accepts instructions.
func (s *Scene) Accepting(handles ...string) Call {
	return s.asBank("Custody:Accept", Private(Pair, refs(handles)...))
}

func refs(handles []string) []wire.InstructionRef {
	items := make([]wire.InstructionRef, len(handles))
	for i, handle := range handles {
		items[i] = wire.InstructionRef{Instruction: handle}
	}
	return items
}

// Holds are the handles of the loan's holds.
func (l *Loan) Holds() []string {
	handles := make([]string, len(l.Allocations))
	for i, a := range l.Allocations {
		handles[i] = a.Hold
	}
	return handles
}

// Disbursing is the call by which the loan's platform asks for its disbursement.
func (s *Scene) Disbursing(l *Loan) Call {
	return s.asPlatform("Loan:Disburse", Private(l.pair(), wire.DisburseLoan{Loan: l.ID(), Instruction: l.Disbursement}))
}

// Proposed, Cleared, Collecting, Funded, Instructed and Active lead a loan so far in its life.
func (s *Scene) Proposed(principal money.Minor) *Loan {
	s.T.Helper()
	l := s.NewLoan(s.Borrower(), principal)
	s.Do(s.Proposing(l))
	return l
}

// Cleared leads a new loan to its clearance.
func (s *Scene) Cleared(principal money.Minor) *Loan {
	s.T.Helper()
	l := s.Proposed(principal)
	s.Do(s.Clearing(l))
	return l
}

// Collecting leads a new loan to where its holds are instructed.
func (s *Scene) Collecting(principal money.Minor, lenders ...Customer) *Loan {
	s.T.Helper()
	l := s.Cleared(principal).Share(lenders...)
	s.Do(s.Funding(l))
	return l
}

// Funded leads a new loan to where its whole principal is held.
func (s *Scene) Funded(principal money.Minor, lenders ...Customer) *Loan {
	s.T.Helper()
	l := s.Collecting(principal, lenders...)
	s.Do(s.Accepting(l.Holds()...))
	return l
}

// Instructed leads a new loan to where the bank is asked to pay it out.
func (s *Scene) Instructed(principal money.Minor, lenders ...Customer) *Loan {
	s.T.Helper()
	l := s.Funded(principal, lenders...)
	s.Do(s.Disbursing(l))
	return l
}

// Active leads a new loan to where the borrower has the money.
func (s *Scene) Active(principal money.Minor, lenders ...Customer) *Loan {
	s.T.Helper()
	l := s.Instructed(principal, lenders...)
	s.PayLoanOut(l)
	return l
}

// PayLoanOut has the bank accept and settle a disbursement.
func (s *Scene) PayLoanOut(l *Loan) {
	s.T.Helper()
	s.Do(s.Accepting(l.Disbursement))
	s.Do(s.Settling(l.Disbursement, l.Terms.PrincipalMinor))
}

// View reads everything that the ledger keeps of a loan.
func (s *Scene) View(l *Loan) wire.LoanView {
	s.T.Helper()
	var views []*wire.LoanView
	s.Read(Call{
		Member: Meridian, Role: "operator", Function: "Loan:Read", Request: PrivateRead(l.pair(), l.ID()),
	}, &views)
	if len(views) != 1 || views[0] == nil {
		s.T.Fatalf("no loan %s is on the ledger", l.ID())
	}
	return *views[0]
}

// State reads a loan's state.
func (s *Scene) State(l *Loan) loan.State {
	s.T.Helper()
	return s.View(l).Record.State
}

// Is fails the test unless the loan has the status.
func (s *Scene) Is(l *Loan, want loan.Status) {
	s.T.Helper()
	if got := s.State(l).Status; got != want {
		s.T.Fatalf("the loan is %q, want %q", got, want)
	}
}

func readOne[S any](s *Scene, function, item string) S {
	s.T.Helper()
	return readIn[S](s, Pair, function, item)
}

func readIn[S any](s *Scene, collection, function, item string) S {
	s.T.Helper()
	var records []*wire.Record[S, json.RawMessage]
	s.Read(Call{
		Member: Meridian, Role: "operator", Function: function, Request: PrivateRead(collection, item),
	}, &records)
	if len(records) != 1 || records[0] == nil {
		var none S
		return none
	}
	return records[0].State
}
