package books

import (
	"slices"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// Summary counts what the re-execution has seen. Amounts are sums over the whole history, reversals
// taken off.
type Summary struct {
	LoansProposed    int         `json:"loans_proposed"`
	LoansActive      int         `json:"loans_active"`
	LoansRepaid      int         `json:"loans_repaid"`
	LoansWrittenOff  int         `json:"loans_written_off"`
	Receipts         int         `json:"receipts"`
	CollectedMinor   money.Minor `json:"collected_minor"`   // received for loans or into suspense
	DistributedMinor money.Minor `json:"distributed_minor"` // credited to lenders
	FeesMinor        money.Minor `json:"fees_minor"`        // earned by members
	RefundsMinor     money.Minor `json:"refunds_minor"`     // overpaid by borrowers
	PaidOutMinor     money.Minor `json:"paid_out_minor"`    // settled payouts to lenders
	SuspenseMinor    money.Minor `json:"suspense_minor"`    // not yet placed
	TrialBalance     money.Minor `json:"trial_balance_minor"`
	CashMinor        money.Minor `json:"cash_minor"` // customers' and members' cash at the custodians
	Lenders          int         `json:"lenders"`

	lenders []string
}

// Summary answers the counts so far.
func (a *Auditor) Summary() Summary {
	s := a.summary
	s.TrialBalance, s.CashMinor, s.Lenders = a.cashHeld-a.owedTotal, a.cashHeld, len(s.lenders)
	return s
}

// Balance is what the postings so far say an account holds.
func (a *Auditor) Balance(account journal.Account) money.Minor { return a.cash.Balance(account) }

// Loan answers a loan's re-executed state by collection and handle.
func (a *Auditor) Loan(collection, handle string) (loan.State, bool) {
	s, ok := a.loans[collection+"/"+wire.LoanKey(handle)]
	return s, ok
}

func (s *Summary) loan(before, after loan.State, e loan.Event) {
	s.count(before.Status, -1)
	s.count(after.Status, 1)
	switch e.Kind {
	case loan.ActPropose:
		s.LoansProposed++
	case loan.ActReceive:
		s.receipt(*e.Received, 1)
		if e.Received.From == "" {
			s.CollectedMinor += e.Received.AmountMinor
			s.Receipts++
		}
	case loan.ActReverse:
		s.receipt(e.Reversed.Original, -1)
		s.CollectedMinor -= e.Reversed.Original.AmountMinor
	}
}

func (s *Summary) count(status loan.Status, by int) {
	switch status {
	case loan.Active:
		s.LoansActive += by
	case loan.Repaid:
		s.LoansRepaid += by
	case loan.WrittenOff:
		s.LoansWrittenOff += by
	}
}

func (s *Summary) receipt(r loan.Received, sign money.Minor) {
	for i := range r.PrincipalCredits {
		s.DistributedMinor += sign * (r.PrincipalCredits[i] + r.InterestCredits[i])
	}
	for _, fee := range r.Parts.FeesMinor {
		s.FeesMinor += sign * fee
	}
	s.RefundsMinor += sign * r.Parts.RefundMinor
}

func (s *Summary) instruction(i custody.Instruction, e custody.Event) {
	if e.Kind != "settled" {
		return
	}
	switch i.Kind {
	case custody.PayOut:
		s.PaidOutMinor += e.AmountMinor
	case custody.Hold:
		if at, found := slices.BinarySearch(s.lenders, i.Party); !found {
			s.lenders = slices.Insert(s.lenders, at, i.Party)
		}
	}
}

func (s *Summary) suspense(after custody.Suspense, e custody.SuspenseEvent) {
	switch e.Kind {
	case "suspended":
		s.SuspenseMinor += after.AmountMinor
		s.CollectedMinor += after.AmountMinor
		s.Receipts++
	case "placed":
		s.SuspenseMinor -= after.AmountMinor
	case "returned":
		s.SuspenseMinor -= after.AmountMinor
		s.CollectedMinor -= after.AmountMinor
	}
}
