package e2e_test

import (
	"testing"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// What the bank received was received: a supervisory freeze stops no receipt.
func TestAReceiptForAFrozenLoanIsBooked(t *testing.T) {
	_, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.Do(contracttest.Call{
		Member: authority, Role: party.Supervisor, Function: "Loan:Freeze",
		Request: contracttest.Private(contracttest.Pair, wire.OrderLoan{Loan: l.ID(), Order: "order-" + contracttest.NewHandle()}),
	})
	_, row := s.ToRow(l, 1)
	s.Pays(l, contracttest.Due(row))
	if state := s.State(l); state.Frozen == "" || state.Paid.PrincipalMinor != row.PrincipalMinor {
		t.Errorf("of the frozen loan's principal %d is paid, want %d", state.Paid.PrincipalMinor, row.PrincipalMinor)
	}
}

// A borrower who pays once more after the last instalment has the money coming back.
func TestAReceiptForAFinishedLoanIsTheBorrowersAgain(t *testing.T) {
	_, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	s.Pays(l, s.Owes(l))
	s.Is(l, loan.Repaid)
	s.Pays(l, 4_321)
	s.Is(l, loan.Repaid)
	if refund := s.State(l).Paid.RefundMinor; refund != 4_321 {
		t.Errorf("%d is to be refunded, want what was paid too much, 4321", refund)
	}
}

// A receipt that names no loan waits in suspense until somebody knows whose it is.
func TestAReceiptForAnUnknownLoanIsSuspendedAndPlaced(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	_, row := s.ToRow(l, 1)
	before := c.auditor.summary().SuspenseMinor
	astray := s.Receipt(wire.LoanID("lending", harbor, contracttest.NewHandle()), contracttest.Due(row))
	s.Do(s.Posting(astray))
	if got := c.auditor.summary().SuspenseMinor - before; got != astray.AmountMinor {
		t.Errorf("%d more is in suspense, want %d", got, astray.AmountMinor)
	}
	s.Do(s.Placing(astray, l))
	if got := c.auditor.summary().SuspenseMinor - before; got != 0 {
		t.Errorf("%d is still in suspense after the receipt was placed", got)
	}
	if paid := s.State(l).Paid.PrincipalMinor; paid != row.PrincipalMinor {
		t.Errorf("%d of the principal is paid, want %d", paid, row.PrincipalMinor)
	}
}
