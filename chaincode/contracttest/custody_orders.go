package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func ordersRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	c := s.Customer(Harbor)
	for _, o := range []struct {
		name  string
		spoil func(*wire.Instruct)
		code  fault.Code
		field string
	}{
		{"a kind that nobody knows", func(i *wire.Instruct) { i.Kind = "gift" }, fault.InvalidField, "kind"},
		{"a disbursement beside its loan", func(i *wire.Instruct) { i.Kind = custody.Disburse }, fault.InvalidField, "kind"},
		{"a payout beside the run", func(i *wire.Instruct) { i.Kind = custody.PayOut }, fault.InvalidField, "kind"},
		{"a deposit for a loan", func(i *wire.Instruct) { i.Loan = "loan" }, fault.InvalidField, "loan"},
		{"a deposit under a mandate", func(i *wire.Instruct) { i.Mandate = NewHandle() }, fault.InvalidField, "mandate"},
		{"a deposit of a hold", func(i *wire.Instruct) { i.Hold = NewHandle() }, fault.InvalidField, "hold"},
		{"a release of nothing", func(i *wire.Instruct) { i.Kind = custody.Release }, fault.InvalidField, "hold"},
		{"a collection for no loan", func(i *wire.Instruct) { i.Kind = custody.Collect }, fault.InvalidField, "loan"},
		{"a stranger", func(i *wire.Instruct) { i.Party = NewHandle() }, fault.PartyUnknown, "party"},
		{"nothing", func(i *wire.Instruct) { i.AmountMinor = 0 }, fault.InvalidField, "amount_minor"},
		{"less than nothing", func(i *wire.Instruct) { i.AmountMinor = -5 }, fault.InvalidField, "amount_minor"},
		{"a name for a handle", func(i *wire.Instruct) { i.Handle = "first" }, fault.InvalidField, "handle"},
		{"a day long past", func(i *wire.Instruct) { i.ExpiresOn = calendar.NewDate(2020, 1, 1) }, fault.InvalidField, "expires_on"},
	} {
		t.Run(o.name, func(t *testing.T) {
			order := wire.Instruct{Handle: NewHandle(), Kind: custody.Deposit, Party: c.Handle, AmountMinor: 1_000}
			o.spoil(&order)
			s.within(t, func() { s.Refuses(s.Ordering(order), o.code, o.field) })
		})
	}
	order := wire.Instruct{Handle: NewHandle(), Kind: custody.Hold, Party: c.Handle, AmountMinor: 1_000}
	s.Refuses(s.asBank("Custody:Instruct", Private(Pair, order)), fault.WrongMember, "")
	call := s.Ordering(order)
	call.Member = Authority
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(s.Ordering(order))
	s.Refuses(s.Ordering(order), fault.AlreadyExists, "handle")
	call = s.Accepting(order.Handle)
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Refuses(s.Accepting(NewHandle()), fault.NotFound, "handle")
	s.Refuses(s.Accepting("first"), fault.InvalidField, "instruction")
}

func settlementsRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	c := s.Customer(Harbor)
	order := wire.Instruct{Handle: NewHandle(), Kind: custody.Deposit, Party: c.Handle, AmountMinor: 1_000}
	s.Do(s.Ordering(order))
	s.Refuses(s.Settling(order.Handle, 1_000), fault.WrongStatus, "")
	s.Do(s.Accepting(order.Handle))
	s.Refuses(s.Accepting(order.Handle), fault.WrongStatus, "")
	today, longAgo := s.Today(), s.Today().AddDays(-s.Rules.BackdatingDays-300)
	settle := func(amount money.Minor, reference string, value calendar.Date) Call {
		return s.SettlingAs(wire.Settle{
			Instruction: order.Handle, AmountMinor: amount, BankReference: reference, ValueDate: value,
		})
	}
	reference := "bank-" + NewHandle()
	s.Refuses(settle(1_001, reference, today), fault.AmountMismatch, "amount_minor")
	s.Refuses(settle(999, reference, today), fault.PartNotAllowed, "amount_minor")
	s.Refuses(settle(1_000, "", today), fault.MissingField, "bank_reference")
	s.Refuses(settle(1_000, reference, today.AddDays(1)), fault.ValueDateOutOfBounds, "value_date")
	s.Refuses(s.asBank("Custody:Refuse", Private(Pair, wire.Refuse{Instruction: order.Handle})), fault.InvalidField, "reason")
	s.Do(s.asBank("Custody:CloseDay", Public(wire.BusinessDay{Date: today})))
	s.Refuses(settle(1_000, reference, today), fault.DayNotOpen, "")
	s.AdvanceTo(today.AddDays(1))
	call := settle(1_000, reference, s.Today())
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(settle(1_000, reference, longAgo)) // the bank received it then, however late it tells
	s.Refuses(s.Settling(order.Handle, 1_000), fault.WrongStatus, "")
	s.Refuses(s.Refusing(order.Handle), fault.WrongStatus, "")
	s.Has(c, 1_000, 0)
}

func entriesOnce(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	c := s.Customer(Harbor)
	var settlements []wire.Settle
	for range 3 {
		order := wire.Instruct{Handle: NewHandle(), Kind: custody.Deposit, Party: c.Handle, AmountMinor: 1_000}
		s.Do(s.Ordering(order))
		s.Do(s.Accepting(order.Handle))
		settlements = append(settlements, wire.Settle{
			Instruction: order.Handle, AmountMinor: 1_000, BankReference: "bank-7", ValueDate: s.Today(),
		})
	}
	settlements[0].BankReference += NewHandle()
	settlements[1].BankReference = settlements[0].BankReference
	settlements[2].BankReference = settlements[0].BankReference
	batch := Private(Pair, settlements[:2]...)
	batch.Mode = wire.Each
	answer := s.Do(s.asBank("Custody:Settle", batch))
	if answer.Applied != 1 || len(answer.Refused) != 1 || answer.Refused[0].Code != fault.DuplicateBankReference {
		t.Errorf("one entry for two deposits answers %+v", answer)
	}
	s.Refuses(s.SettlingAs(settlements[2]), fault.DuplicateBankReference, "bank_reference")
	s.Has(c, 1_000, 0)
}

func lenderWithoutCash(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	poor, rich := s.Lender(tenThousand/2-1), s.Lender(tenThousand)
	l := s.Collecting(tenThousand, poor, rich)
	batch := Private(Pair, refs(l.Holds())...)
	batch.Mode = wire.Each
	answer := s.Do(s.asBank("Custody:Accept", batch))
	if answer.Applied != 1 || len(answer.Refused) != 1 || answer.Refused[0].Code != fault.InsufficientFunds {
		t.Errorf("two holds, one without cash, answer %+v", answer)
	}
	s.Is(l, loan.Collecting)
	s.Has(poor, tenThousand/2-1, 0)
	s.Deposit(poor, 1)
	s.Do(s.Accepting(l.Holds()[0]))
	s.Is(l, loan.Funded)
	s.Has(poor, 0, tenThousand/2)
}

func frozenLender(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Lender(tenThousand)
	l := s.Collecting(tenThousand, lender)
	s.FreezeParty(lender, "order-1")
	s.Refuses(s.Accepting(l.Holds()...), fault.PartyFrozen, "")
	s.Refuses(s.Funding(s.Cleared(tenThousand).Share(lender)), fault.PartyFrozen, "allocations[0].lender")
	s.ReleaseParty(lender, "order-1")
	s.Do(s.Accepting(l.Holds()...))
}

func disbursementRefused(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lenders := s.Lenders(2, tenThousand)
	l := s.Instructed(tenThousand, lenders...)
	s.Refuses(s.Disbursing(l), fault.WrongStatus, "loan")
	s.Do(s.Accepting(l.Disbursement))
	s.Do(s.Refusing(l.Disbursement))
	s.Is(l, loan.Funded)
	s.Has(lenders[0], tenThousand/2, tenThousand/2)
	s.Refuses(s.Disbursing(l), fault.AlreadyExists, "handle")
	l.Disbursement = NewHandle()
	s.Do(s.Disbursing(l))
	s.Do(s.Accepting(l.Disbursement))
	late := s.SettlingAs(wire.Settle{
		Instruction: l.Disbursement, AmountMinor: tenThousand, BankReference: "bank-" + NewHandle(),
		ValueDate: s.Today().AddDays(-s.Rules.BackdatingDays - 1),
	})
	s.Refuses(late, fault.ValueDateOutOfBounds, "value_date")
	s.Do(s.Settling(l.Disbursement, tenThousand))
	s.Is(l, loan.Active)
	s.Has(lenders[0], tenThousand/2, 0)
	if start := s.State(l).Plan.Start; start != s.Today() {
		t.Errorf("interest runs from %s, want the value date %s", start, s.Today())
	}
}

func disbursementCancelled(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	l := s.Instructed(tenThousand, s.Lenders(2, 2*tenThousand)...)
	s.Do(s.asPlatform("Custody:Cancel", Private(Pair, refs([]string{l.Disbursement})...)))
	s.Is(l, loan.Funded)
	l.Disbursement = NewHandle()
	bad := *l
	bad.Disbursement = "payout"
	s.Refuses(s.Disbursing(&bad), fault.InvalidField, "instruction")
	s.Do(s.Disbursing(l))
	s.Do(s.Accepting(l.Disbursement))
	s.Refuses(s.asPlatform("Custody:Cancel", Private(Pair, refs([]string{l.Disbursement})...)), fault.WrongMember, "")
	call := s.Disbursing(l)
	call.Member, call.Role = Meridian, party.Machine
	s.Refused(call, refusal(fault.WrongMember, ""))
}
