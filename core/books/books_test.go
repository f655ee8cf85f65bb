package books_test

import (
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// written is a small lending market as the contracts would have written it: Ann and Ben lend Cai 1,000.00,
// which is paid back in part and written off; Ann lends 100.00 more, which Cai overpays at once; and a
// third loan comes to nothing.
func written(t testing.TB) *ledger {
	t.Helper()
	l := newLedger(t)
	l.found()
	l.openDay("2024-01-15")
	for _, customer := range []string{ann, ben, cai, dan} {
		l.attest(customer)
	}
	l.liveOn(dan)
	l.deposit(0x101, ann, 90_000)
	l.deposit(0x102, ben, 50_000)
	l.withdraw(0x103, ben, 1_500)
	l.holdAndRelease(0x105, ann, 700)

	mine, bens := allocation(1, 1, ann, 66_667), allocation(1, 2, ben, 33_333)
	l.fund(1, 100_000, mine, bens)
	l.promise(1, mine)
	l.promise(1, bens)
	l.disburse(1, mine, bens)

	l.openDay("2024-02-15")
	first := l.book(1, "R1", 34_000, "")
	l.commit()
	l.payFirstRun()
	l.place(1, l.suspend("no such loan", "S1", 20_000))
	l.suspend("still no such loan", "S2", 333)
	l.suspendIn(otherPair, "no such loan", "S1", 44)
	wrong := l.book(1, "R2", 4_321, "")
	l.commit()
	l.reverse(1, wrong)
	l.reverse(1, first)

	l.overpay()
	l.abandon()
	l.freezePlatform(wire.PlatformFrozen, "order-8")
	l.freezePlatform(wire.PlatformReleased, "order-8")

	l.openDay("2024-06-17")
	l.collect(1, 0x301, 5_000, 4_000)
	l.step(1, loan.WriteOff{Reason: "lost", OverdueDays: 94, AfterDays: 30}, supervisor(harbor))
	l.commit()
	l.book(1, "R3", 1_001, "")
	l.commit()
	return l
}

func (l *ledger) freezePlatform(kind, order string) {
	l.as(authority)
	e := wire.PlatformEvent{Kind: kind, Platform: "harbor", Order: order, By: "authority", On: l.on}
	save(l, "", wire.PlatformFreezeKey("harbor"), wire.PlatformFreeze{}, wire.PlatformFreeze.Apply, e)
	l.commit()
}

// payFirstRun nets loan 1: Ann and the members are paid, Ben's bank refuses and the next run pays him.
func (l *ledger) payFirstRun() {
	l.Helper()
	netted := l.net(1, handle(0x200))
	l.fulfil(due(handle(0x200), custody.PayOut, ann), "PAY1")
	l.fulfil(due(handle(0x200), custody.Fee, "harbor"), "FEE1")
	bens := due(handle(0x200), custody.PayOut, ben)
	l.accept(bens)
	l.commit()
	l.order(bens, custody.Refuse{Reason: "closed", On: l.on, Actor: meridian})
	returned, err := custody.ReturnPayout(load[custody.Account](l, pair, wire.AccountKey(ben)), netted.Credits[1], l.on)
	l.must(err)
	l.account(ben, returned)
	l.commit()
	taken, err := custody.TakePayable(load[custody.Account](l, pair, wire.AccountKey(ben)), l.on)
	l.must(err)
	l.as(meridian)
	l.account(ben, taken)
	again := due(handle(0x201), custody.PayOut, ben)
	l.instruct(custody.Instruction{Handle: again, Kind: custody.PayOut, Party: ben, AmountMinor: netted.Credits[1]}, meridian)
	l.fulfil(again, "PAY2")
	l.cash.paidOut += netted.Credits[0] + netted.Credits[1]
	l.cash.feesPaid += netted.FeesMinor[0]
}

// overpay lends 100.00 as loan 2, which is paid off at once with 50.00 too much.
func (l *ledger) overpay() {
	l.Helper()
	alone := allocation(2, 1, ann, 10_000)
	l.fund(2, 10_000, alone)
	l.promise(2, alone)
	l.disburse(2, alone)
	l.book(2, "R4", 15_000, "")
	l.commit()
	netted := l.net(2, handle(0x202))
	l.fulfil(due(handle(0x202), custody.Refund, cai), "REF1")
	l.cash.refunded += netted.RefundMinor
}

// abandon freezes and releases loan 3, and cancels it with one hold accepted.
func (l *ledger) abandon() {
	l.Helper()
	one, two := allocation(3, 1, ann, 5_000), allocation(3, 2, ben, 5_000)
	l.fund(3, 10_000, one, two)
	l.promise(3, one)
	l.step(3, loan.Freeze{Order: "order-7"}, authority)
	l.commit()
	l.step(3, loan.Release{Order: "order-7"}, authority)
	l.commit()
	l.step(3, loan.Cancel{Reason: "stale"}, meridian)
	l.order(one.Hold, custody.Cancel{On: l.on, Actor: meridian})
	l.mandate(one.Mandate, meridian, mandate.Restore{
		Actor: meridian, On: l.on, Handle: one.Mandate, AmountMinor: one.PrincipalMinor, Loan: loanID(3),
	})
	l.order(two.Hold, custody.Cancel{On: l.on, Actor: meridian})
	l.commit()
}

func TestGoodHistoryHolds(t *testing.T) {
	l := written(t)
	auditor, err := audit(l.history)
	if err != nil {
		t.Fatal(err)
	}
	s, c := auditor.Summary(), l.cash
	type figure struct {
		name      string
		got, want money.Minor
	}
	for _, f := range []figure{
		{"loans proposed", money.Minor(s.LoansProposed), 3},
		{"loans active", money.Minor(s.LoansActive), 0},
		{"loans repaid", money.Minor(s.LoansRepaid), 1},
		{"loans written off", money.Minor(s.LoansWrittenOff), 1},
		{"lenders", money.Minor(s.Lenders), 2},
		{"receipts", money.Minor(s.Receipts), money.Minor(c.receipts)},
		{"collected", s.CollectedMinor, c.collected},
		{"collected and accounted for", s.CollectedMinor, s.DistributedMinor + s.FeesMinor + s.RefundsMinor + s.SuspenseMinor},
		{"refunds", s.RefundsMinor, l.stateOf(1).Paid.RefundMinor + l.stateOf(2).Paid.RefundMinor},
		{"suspense", s.SuspenseMinor, 333 + 44},
		{"paid out", s.PaidOutMinor, c.paidOut},
		{"trial balance", s.TrialBalance, 0},
		{"cash", s.CashMinor, c.deposited + c.collected - c.disbursed - c.withdrawn - c.paidOut - c.refunded - c.feesPaid},
		{"Ann's available cash", auditor.Balance(journal.Available(ann)), 90_000 - 66_667 - 10_000},
		{"Ben's available cash", auditor.Balance(journal.Available(ben)), 50_000 - 1_500 - 33_333},
	} {
		if f.got != f.want {
			t.Errorf("%s: %d, want %d", f.name, f.got, f.want)
		}
	}
	if s.PaidOutMinor <= 0 || s.RefundsMinor <= 0 || s.FeesMinor <= 0 || auditor.Balance(journal.Receivable(ann)) >= 0 {
		t.Errorf("something never happened: %+v", s)
	}
	if state, ok := auditor.Loan(pair, handle(1)); !ok || state.Status != loan.WrittenOff {
		t.Errorf("loan 1: %+v", state)
	}
}
