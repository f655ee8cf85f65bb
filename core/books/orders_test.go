package books_test

import (
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// tally is what the bank's own account shows: what a test expects the auditor to find.
type tally struct {
	deposited, collected, disbursed, withdrawn, paidOut, refunded, feesPaid money.Minor
	receipts                                                                int
}

func (l *ledger) instruct(order custody.Instruction, actor party.Actor) string {
	l.Helper()
	order.Platform, order.Custodian, order.On = "harbor", "meridian", l.on
	l.as(actor)
	l.order(order.Handle, custody.Instruct{Instruction: order, Actor: actor})
	return order.Handle
}

// order stages a step of an instruction with what it does to the customer's account.
func (l *ledger) order(handle string, command custody.Command) custody.Instruction {
	l.Helper()
	before := load[custody.Instruction](l, pair, wire.InstructionKey(handle))
	events, err := custody.Decide(before, command)
	l.must(err)
	if events[0].Kind != "instructed" {
		l.as(meridian)
	}
	entry := before.Entry(events[0])
	account := load[custody.Account](l, pair, wire.AccountKey(before.Party))
	moved, err := custody.PostAccount(account, before.Party, entry, l.on)
	l.must(err)
	l.account(before.Party, moved)
	return save(l, pair, wire.InstructionKey(handle), custody.Instruction{}, custody.Apply, events...)
}

func (l *ledger) account(holder string, events []custody.AccountEvent) {
	l.Helper()
	if len(events) > 0 {
		save(l, pair, wire.AccountKey(holder), custody.Account{Party: holder}, custody.ApplyAccount, events...)
	}
}

func (l *ledger) accept(handle string) {
	l.Helper()
	l.order(handle, custody.Accept{On: l.on, Actor: meridian})
}

// settle settles an instruction whole by a bank entry of its own.
func (l *ledger) settle(handle, reference string) {
	l.Helper()
	i := load[custody.Instruction](l, pair, wire.InstructionKey(handle))
	l.order(handle, custody.Settle{AmountMinor: i.AmountMinor, BankReference: reference, ValueDate: l.on, On: l.on, Actor: meridian})
	mark := wire.DerivedHandle(strings.Repeat("5e", 32), "entry", reference)
	l.put(pair, wire.BankEntryKey(mark), wire.BankEntry{Version: wire.Version, Instruction: handle, Salt: wire.Digest([]byte(mark))})
}

// fulfil accepts and settles an instruction in two transactions.
func (l *ledger) fulfil(handle, reference string) {
	l.Helper()
	l.commit()
	l.accept(handle)
	l.commit()
	l.settle(handle, reference)
	l.commit()
}

func (l *ledger) deposit(n int, customer string, amount money.Minor) {
	l.Helper()
	l.instruct(custody.Instruction{Handle: handle(n), Kind: custody.Deposit, Party: customer, AmountMinor: amount}, meridian)
	l.fulfil(handle(n), "DEP"+handle(n)[28:])
	l.cash.deposited += amount
}

// withdraw lets a customer take cash out, and once have it back because the bank refused.
func (l *ledger) withdraw(n int, customer string, amount money.Minor) {
	l.Helper()
	for _, refused := range []bool{true, false} {
		at := l.instruct(custody.Instruction{Handle: handle(n), Kind: custody.Withdraw, Party: customer, AmountMinor: amount}, harbor)
		if !refused {
			l.fulfil(at, "WDR"+at[28:])
			l.cash.withdrawn += amount
			return
		}
		l.commit()
		l.accept(at)
		l.commit()
		l.order(at, custody.Refuse{Reason: "closed", On: l.on, Actor: meridian})
		l.commit()
		n++
	}
}

// holdAndRelease holds cash for no loan and gives it back.
func (l *ledger) holdAndRelease(n int, customer string, amount money.Minor) {
	l.Helper()
	hold := l.instruct(custody.Instruction{Handle: handle(n), Kind: custody.Hold, Party: customer, AmountMinor: amount}, harbor)
	l.commit()
	l.accept(hold)
	l.commit()
	release := l.instruct(custody.Instruction{
		Handle: handle(n + 1), Kind: custody.Release, Party: customer, Hold: hold, AmountMinor: amount,
	}, harbor)
	l.commit()
	l.accept(release)
	l.commit()
	l.order(release, custody.Settle{AmountMinor: amount, ValueDate: l.on, On: l.on, Actor: meridian})
	l.order(hold, custody.Cancel{On: l.on, Actor: meridian})
	l.commit()
}

func (l *ledger) suspend(account, reference string, amount money.Minor) string {
	l.Helper()
	return l.suspendIn(pair, account, reference, amount)
}

func (l *ledger) suspendIn(collection, account, reference string, amount money.Minor) string {
	l.Helper()
	l.as(meridian)
	at := wire.DerivedHandle(strings.Repeat("5e", 32), "suspense", account, reference)
	events, err := custody.Suspend(custody.Suspense{}, custody.Suspense{
		Handle: at, Custodian: "meridian", Account: account, BankReference: reference, AmountMinor: amount, ValueDate: l.on,
	}, l.on)
	l.must(err)
	save(l, collection, wire.SuspenseKey(at), custody.Suspense{}, custody.ApplySuspense, events...)
	l.commit()
	l.cash.collected += amount
	l.cash.receipts++
	return at
}
