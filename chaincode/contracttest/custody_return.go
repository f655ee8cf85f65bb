package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// suspendedReturned sends a receipt that nobody knows back to its payer, under one entry of the bank.
func suspendedReturned(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Active(tenThousand, s.Lenders(2, 2*tenThousand)...)
	lost, other, placed := s.Receipt("nobody", 1_234), s.Receipt("somebody", 99), s.Receipt("me", 5_000)
	s.Do(s.Posting(lost, other, placed))
	s.Do(s.Placing(placed, l))
	reference := "bank-" + NewHandle()
	s.Refuses(s.Returning(placed, reference), fault.WrongStatus, "suspense")
	s.Refuses(s.Returning(s.Receipt("a stranger", 1), reference), fault.NotFound, "suspense")
	s.Refuses(s.Returning(lost, ""), fault.MissingField, "bank_reference")
	s.Refuses(s.Returning(lost, NewDigest()+"0"), fault.InvalidField, "bank_reference")
	item := wire.Return{Suspense: SuspenseOf(lost), BankReference: reference, ValueDate: lost.ValueDate.AddDays(-1)}
	s.Refuses(s.asBank("Custody:Return", Private(Pair, item)), fault.ValueDateOutOfBounds, "value_date")
	item.ValueDate = s.Today().AddDays(1)
	s.Refuses(s.asBank("Custody:Return", Private(Pair, item)), fault.ValueDateOutOfBounds, "value_date")
	item.Suspense = "s"
	s.Refuses(s.asBank("Custody:Return", Private(Pair, item)), fault.InvalidField, "suspense")
	call := s.Returning(lost, reference)
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))

	s.Do(s.Returning(lost, reference))
	got := s.Suspended(lost)
	if got.Open() || got.ReturnedUnder != reference || got.ReturnedValueDate != s.Today() || got.ReturnedOn != s.Today() {
		t.Errorf("the returned receipt is %+v", got)
	}
	s.Refuses(s.Returning(lost, "bank-"+NewHandle()), fault.WrongStatus, "suspense")
	s.Refuses(s.Placing(lost, l), fault.WrongStatus, "suspense")
	s.Refuses(s.Posting(lost), fault.DuplicateBankReference, "bank_reference")

	// One entry of the bank books one thing: neither another return nor an instruction.
	s.Refuses(s.Returning(other, reference), fault.DuplicateBankReference, "bank_reference")
	order := wire.Instruct{Handle: NewHandle(), Kind: custody.Deposit, Party: l.Lenders[0].Handle, AmountMinor: 1_000}
	s.Do(s.Ordering(order))
	s.Do(s.Accepting(order.Handle))
	s.Refuses(s.SettlingAs(wire.Settle{
		Instruction: order.Handle, AmountMinor: 1_000, BankReference: reference, ValueDate: s.Today(),
	}), fault.DuplicateBankReference, "bank_reference")
	s.Do(s.Returning(other, "bank-"+NewHandle()))
}
