package contracttest

import (
	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
)

// Posting is the call by which the bank posts receipts.
func (s *Scene) Posting(receipts ...wire.Receipt) Call {
	return s.asBank("Repayment:Post", Private(Pair, receipts...))
}

// Receipt is an entry of the bank's account of today.
func (s *Scene) Receipt(account string, amount money.Minor) wire.Receipt {
	s.T.Helper()
	return wire.Receipt{
		Account: account, BankReference: "bank-" + NewHandle(), AmountMinor: amount, ValueDate: s.Today(),
	}
}

// Pays posts a receipt of today for a loan, and answers it.
func (s *Scene) Pays(l *Loan, amount money.Minor) wire.Receipt {
	s.T.Helper()
	r := s.Receipt(l.ID(), amount)
	s.Do(s.Posting(r))
	return r
}

// PaysRow posts a receipt that pays a row on the day it falls due, be it a Sunday.
func (s *Scene) PaysRow(l *Loan, row schedule.Row) wire.Receipt {
	s.T.Helper()
	r := s.Receipt(l.ID(), Due(row))
	r.ValueDate = row.Due
	s.Do(s.Posting(r))
	return r
}

// Rows is the loan's schedule, from the day that its disbursement was settled.
func (s *Scene) Rows(l *Loan) []schedule.Row {
	s.T.Helper()
	rows, err := schedule.Generate(*s.State(l).Plan)
	if err != nil {
		s.T.Fatalf("generate the schedule: %v", err)
	}
	return rows
}

// Due is what a row asks of the borrower.
func Due(row schedule.Row) money.Minor {
	sum := row.PrincipalMinor + row.InterestMinor
	for _, fee := range row.FeesMinor {
		sum += fee
	}
	return sum
}

// Owes is what pays the loan off today.
func (s *Scene) Owes(l *Loan) money.Minor {
	s.T.Helper()
	today := s.Today()
	p, err := repayment.At(s.State(l), today, today)
	if err != nil {
		s.T.Fatalf("derive what is owed: %v", err)
	}
	return p.Total()
}

// ToRow opens the business day on which a row of the loan falls due, or the next one.
func (s *Scene) ToRow(l *Loan, number int) (calendar.Date, schedule.Row) {
	s.T.Helper()
	row := s.Rows(l)[number-1]
	return s.AdvanceTo(row.Due), row
}

// Received is the loan's last receipt as its history has it.
func (s *Scene) Received(l *Loan) loan.Received {
	s.T.Helper()
	events := s.View(l).Record.Events
	last := events[len(events)-1]
	if last.Received == nil {
		s.T.Fatalf("the loan's last event is %q, want a receipt", last.Kind)
	}
	return *last.Received
}

// Reversing is the call by which the bank reverses a receipt.
func (s *Scene) Reversing(l *Loan, original loan.Received) Call {
	return s.asBank("Repayment:Reverse", Private(l.pair(), wire.Reverse{Loan: l.ID(), Original: original}))
}

// Suspended reads the place in suspense of an entry.
func (s *Scene) Suspended(r wire.Receipt) custody.Suspense {
	s.T.Helper()
	return readOne[custody.Suspense](s, "Custody:Read", wire.SuspenseKey(SuspenseOf(r)))
}

// SuspenseOf is the handle under which an entry is suspended, if it is.
func SuspenseOf(r wire.Receipt) string {
	return wire.DerivedHandle(booksSecret, "suspense", r.Account, r.BankReference)
}

// Returning is the call by which the bank books that it returned a suspended receipt to its payer today.
func (s *Scene) Returning(r wire.Receipt, reference string) Call {
	return s.asBank("Custody:Return", Private(Pair, wire.Return{
		Suspense: SuspenseOf(r), BankReference: reference, ValueDate: s.Today(),
	}))
}

// Placing is the call by which the bank places a suspended receipt with a loan.
func (s *Scene) Placing(r wire.Receipt, l *Loan) Call {
	return s.asBank("Custody:Place", Private(Pair, wire.Place{Suspense: SuspenseOf(r), Loan: l.ID()}))
}
