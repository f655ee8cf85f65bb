package contracttest

import (
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// Ordering is the call by which Harbor instructs.
func (s *Scene) Ordering(order wire.Instruct) Call {
	return s.asPlatform("Custody:Instruct", Private(Pair, order))
}

// Settling is the call by which the bank settles an instruction today, under a reference of its own.
func (s *Scene) Settling(handle string, amount money.Minor) Call {
	return s.SettlingAs(wire.Settle{
		Instruction: handle, AmountMinor: amount, BankReference: "bank-" + NewHandle(), ValueDate: s.Today(),
	})
}

// SettlingAs is the call by which the bank settles an instruction just so.
func (s *Scene) SettlingAs(item wire.Settle) Call {
	return s.asBank("Custody:Settle", Private(Pair, item))
}

// Refusing is the call by which the bank refuses an instruction.
func (s *Scene) Refusing(handle string) Call {
	return s.asBank("Custody:Refuse", Private(Pair, wire.Refuse{Instruction: handle, Reason: "account-closed"}))
}

// Deposit brings a customer's cash to the bank.
func (s *Scene) Deposit(c Customer, amount money.Minor) {
	s.T.Helper()
	s.Settled(wire.Instruct{Handle: NewHandle(), Kind: custody.Deposit, Party: c.Handle, AmountMinor: amount})
}

// Settled takes an order of Harbor's from instruction to settlement.
func (s *Scene) Settled(order wire.Instruct) {
	s.T.Helper()
	s.Do(s.Ordering(order))
	s.Do(s.Accepting(order.Handle))
	s.Do(s.Settling(order.Handle, order.AmountMinor))
}

// Account reads a customer's cash.
func (s *Scene) Account(c Customer) custody.Account {
	s.T.Helper()
	return readOne[custody.Account](s, "Custody:Read", wire.AccountKey(c.Handle))
}

// Has fails the test unless the customer has just so much available and held.
func (s *Scene) Has(c Customer, available, held money.Minor) {
	s.T.Helper()
	got := s.Account(c)
	if got.AvailableMinor != available || got.HeldMinor != held {
		s.T.Fatalf("the customer has %d available and %d held, want %d and %d",
			got.AvailableMinor, got.HeldMinor, available, held)
	}
}

// Instruction reads an instruction.
func (s *Scene) Instruction(handle string) custody.Instruction {
	s.T.Helper()
	return readOne[custody.Instruction](s, "Custody:Read", handle)
}

// Stands fails the test unless the instruction has the status.
func (s *Scene) Stands(handle string, want custody.Status) {
	s.T.Helper()
	if got := s.Instruction(handle).Status; got != want {
		s.T.Fatalf("the instruction is %q, want %q", got, want)
	}
}

// Netting is the call by which the bank nets what loans owe into a run.
func (s *Scene) Netting(run string, loans ...*Loan) Call {
	items := make([]wire.Net, len(loans))
	for i, l := range loans {
		items[i] = wire.Net{Run: run, Loan: l.ID()}
	}
	return s.asBank("Custody:Net", Private(Pair, items...))
}

// NettingParty is the call by which the bank nets what came back for a customer into a run.
func (s *Scene) NettingParty(run string, c Customer) Call {
	return s.asBank("Custody:Net", Private(Pair, wire.Net{Run: run, Party: c.Handle}))
}

// Payout is the handle of a run's instruction of a kind for a party.
func Payout(run string, kind custody.Kind, holder string) string {
	return wire.DerivedHandle(booksSecret, run, string(kind), holder)
}

// PayOut has the bank accept and settle a run's instruction, and answers its amount.
func (s *Scene) PayOut(run string, kind custody.Kind, holder string) money.Minor {
	s.T.Helper()
	handle := Payout(run, kind, holder)
	amount := s.Instruction(handle).AmountMinor
	s.Do(s.Accepting(handle))
	s.Do(s.Settling(handle, amount))
	return amount
}
