package contracttest

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

func custodySuite(t *testing.T, open func(t *testing.T) Ledger) {
	for _, scenario := range []struct {
		name string
		play func(t *testing.T, open func(t *testing.T) Ledger)
	}{
		{"the custodian's books are opened once", booksOpened},
		{"business days go forward, one at a time", businessDays},
		{"a lender's cash comes in and goes out again", cashInAndOut},
		{"cash is held without a loan and given back", heldAndReleased},
		{"an instruction that does not fit is refused", ordersRefused},
		{"a settlement that does not fit is refused", settlementsRefused},
		{"a bank entry is booked once", entriesOnce},
		{"a lender without cash promises nothing", lenderWithoutCash},
		{"a frozen lender promises nothing", frozenLender},
		{"a refused disbursement comes back and is tried again", disbursementRefused},
		{"a platform takes back a disbursement that nobody accepted", disbursementCancelled},
		{"a collection is settled whole and in part", collections},
		{"a collection without authority is refused", collectionsRefused},
		{"a refused payout is paid by the next run", payoutRefused},
		{"a frozen lender is netted and paid later", frozenPayout},
		{"a revoked lender is paid what it is owed", revokedPayee},
		{"what customers are owed is the custodian's alone to end", payoutsAreTheBanks},
		{"loans are netted by party and day", netted},
		{"a suspended receipt is placed with its loan", suspendedPlaced},
		{"a suspended receipt is returned to its payer", suspendedReturned},
		{"custody is read by its members only", custodyIsRead},
	} {
		t.Run(scenario.name, func(t *testing.T) { scenario.play(t, open) })
	}
}

func booksOpened(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	again := func(collection, secret string) Call {
		return s.asBank("Custody:OpenBooks", Private(collection, wire.OpenBooks{Secret: secret}))
	}
	s.Refuses(again(Pair, NewDigest()), fault.AlreadyExists, "books")
	s.Refuses(again(Pair, "secret"), fault.InvalidField, "secret")
	s.Refuses(again(wire.Exposure, NewDigest()), fault.InvalidField, "collection")
	call := again(Pair, NewDigest())
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	call.Member, call.Role = Meridian, party.Machine
	s.Refused(call, refusal(fault.WrongRole, ""))
	s.RefusedRead(s.asBank("Custody:Read", PrivateRead(Pair, wire.BooksKey)), refusal(fault.InvalidField, "items[0]"))
}

func businessDays(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	day := func(function string, item wire.BusinessDay) Call { return s.asBank(function, Public(item)) }
	today := s.Today()
	monday := today.AddDays(8 - today.Weekday())
	at := func(days int) wire.BusinessDay {
		return wire.BusinessDay{Date: monday.AddDays(days), Regime: s.Regime}
	}
	s.Refuses(day("Custody:OpenDay", at(0)), fault.DayAlreadyOpen, "")
	s.Refuses(day("Custody:CloseDay", at(0)), fault.DayNotOpen, "date")
	s.Do(day("Custody:CloseDay", wire.BusinessDay{Date: today}))
	s.Refuses(day("Custody:CloseDay", wire.BusinessDay{Date: today}), fault.DayNotOpen, "date")
	s.Refuses(s.Posting(s.Receipt("somebody", 1_000)), fault.DayNotOpen, "")
	s.Refuses(day("Custody:OpenDay", wire.BusinessDay{Date: today, Regime: s.Regime}), fault.DayNotLater, "date")
	s.Refuses(day("Custody:OpenDay", at(5)), fault.NotABusinessDay, "date")
	s.Refuses(day("Custody:OpenDay", at(49)), fault.DayTooFar, "date")
	s.Refuses(day("Custody:OpenDay", wire.BusinessDay{Date: monday}), fault.MissingField, "regime")
	s.Refuses(day("Custody:OpenDay", wire.BusinessDay{Date: monday, Regime: "own-calendar"}), fault.RegimeUnknown, "regime")
	holiday := Sandbox()
	holiday.Rules.Holidays = append(holiday.Rules.Holidays, monday)
	s.Refuses(day("Custody:OpenDay", wire.BusinessDay{Date: monday, Regime: s.Adopt(holiday)}), fault.NotABusinessDay, "date")
	later := Sandbox()
	later.EffectiveFrom = monday.AddDays(1)
	s.Refuses(day("Custody:OpenDay", wire.BusinessDay{Date: monday, Regime: s.Adopt(later)}), fault.RegimeNotEffective, "regime")
	call := day("Custody:OpenDay", at(0))
	call.Member = Harbor
	s.Refused(call, refusal(fault.WrongMember, ""))
	s.Do(day("Custody:OpenDay", at(0)))
	if s.Today() != monday {
		t.Errorf("the business date is %s, want %s", s.Today(), monday)
	}
}

func cashInAndOut(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Customer(Harbor)
	s.Deposit(lender, 90_000)
	s.Has(lender, 90_000, 0)
	out := wire.Instruct{Handle: NewHandle(), Kind: custody.Withdraw, Party: lender.Handle, AmountMinor: 60_000}
	s.Do(s.Ordering(out))
	s.Has(lender, 90_000, 0)
	s.Do(s.Accepting(out.Handle))
	s.Has(lender, 30_000, 60_000)
	second := wire.Instruct{Handle: NewHandle(), Kind: custody.Withdraw, Party: lender.Handle, AmountMinor: 30_001}
	s.Do(s.Ordering(second))
	s.Refuses(s.Accepting(second.Handle), fault.InsufficientFunds, "amount_minor")
	s.Do(s.Refusing(out.Handle))
	s.Has(lender, 90_000, 0)
	s.Do(s.Accepting(second.Handle))
	s.Do(s.Settling(second.Handle, 30_001))
	s.Has(lender, 59_999, 0)

	own := wire.Instruct{Handle: NewHandle(), Kind: custody.Withdraw, Party: lender.Handle, AmountMinor: 9_999}
	s.FreezeParty(lender, "order-2")
	s.Refuses(s.Ordering(wire.Instruct{Handle: NewHandle(), Kind: custody.Withdraw, Party: lender.Handle, AmountMinor: 1}),
		fault.PartyFrozen, "")
	s.Do(s.asBank("Custody:Instruct", Private(Pair, own)))
	s.Refuses(s.asPlatform("Custody:Cancel", Private(Pair, refs([]string{own.Handle})...)), fault.WrongMember, "")
	s.Do(s.Accepting(own.Handle))
	s.Do(s.Settling(own.Handle, 9_999))
	s.Has(lender, 50_000, 0)
}

func heldAndReleased(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Customer(Harbor)
	s.Deposit(lender, 90_000)
	hold := wire.Instruct{Handle: NewHandle(), Kind: custody.Hold, Party: lender.Handle, AmountMinor: 50_000}
	release := wire.Instruct{
		Handle: NewHandle(), Kind: custody.Release, Party: lender.Handle, AmountMinor: 50_000, Hold: hold.Handle,
	}
	s.Refuses(s.Ordering(release), fault.NotFound, "hold")
	s.Do(s.Ordering(hold))
	s.Refuses(s.Ordering(release), fault.WrongStatus, "hold")
	s.Do(s.Accepting(hold.Handle))
	s.Has(lender, 40_000, 50_000)
	s.Refuses(s.Settling(hold.Handle, 50_000), fault.WrongStatus, "instruction")
	part := release
	part.AmountMinor = 49_999
	s.Refuses(s.Ordering(part), fault.AmountMismatch, "amount_minor")
	foreign := release
	foreign.Party = s.Customer(Harbor).Handle
	s.Refuses(s.Ordering(foreign), fault.InvalidField, "hold")
	s.Do(s.Ordering(release))
	s.Do(s.Accepting(release.Handle))
	s.Do(s.SettlingAs(wire.Settle{Instruction: release.Handle, AmountMinor: 50_000, ValueDate: s.Today()}))
	s.Has(lender, 90_000, 0)
	s.Stands(hold.Handle, custody.Cancelled)
	release.Handle = NewHandle()
	s.Refuses(s.Ordering(release), fault.WrongStatus, "hold")
}

func custodyIsRead(t *testing.T, open func(t *testing.T) Ledger) {
	s := OpenScene(t, open)
	lender := s.Customer(Harbor)
	s.Deposit(lender, 7_000)
	s.Has(lender, 7_000, 0)
	account := PrivateRead(Pair, wire.AccountKey(lender.Handle))
	s.RefusedRead(Call{Member: Lantern, Role: party.Operator, Function: "Custody:Read", Request: account},
		refusal(fault.WrongMember, "collection"))
	s.RefusedRead(s.asBank("Custody:Read", PrivateRead(Pair)), refusal(fault.BatchEmpty, ""))
	for _, item := range []string{"", "account/", "party/" + lender.Handle, "account/account/" + lender.Handle} {
		s.RefusedRead(s.asBank("Custody:Read", PrivateRead(Pair, item)), refusal(fault.InvalidField, "items[0]"))
	}
}
