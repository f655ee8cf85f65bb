package books_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
)

// What the contracts allow, the books must not call wrong.
func TestHonestHistoryHolds(t *testing.T) {
	for name, goOn := range map[string]func(*ledger){
		"a further order replaces the one in force": func(l *ledger) {
			l.freezePlatform(wire.PlatformFrozen, "order-9")
			l.freezePlatform(wire.PlatformFrozen, "order-10")
			l.freezePlatform(wire.PlatformReleased, "order-10")
		},
		"two platforms' payers name the same wrong account, and their banks the same reference": func(l *ledger) {
			l.suspendIn(pair, "odd", "S7", 500)
			l.suspendIn(otherPair, "odd", "S7", 700)
		},
		"two payers name different wrong accounts under one reference": func(l *ledger) {
			l.suspend("odd", "S7", 500)
			l.suspend("odder", "S7", 500)
		},
		"a receipt reversed by mistake is booked again under its true reference": func(l *ledger) {
			for range 2 {
				l.reverse(1, l.bookAlone(1, "R9", 700))
			}
			l.bookAlone(1, "R9", 700)
		},
		"a receipt has the reference of one that was placed": func(l *ledger) {
			l.place(1, l.suspend("odd", "R9", 500))
			l.bookAlone(1, "R9", 700)
		},
		"a day ends with its loans as they are": func(l *ledger) { l.closeDay() },
	} {
		t.Run(name, func(t *testing.T) {
			l := written(t)
			goOn(l)
			if _, err := audit(l.history); err != nil {
				t.Error(err)
			}
		})
	}
}

// After its close, a day takes no promise and no bank movement.
func TestNothingIsBookedAfterTheDayClosed(t *testing.T) {
	closed := "the custodian had closed the business day of 2024-06-17: business_day_not_open"
	for name, c := range map[string]struct {
		step func(*ledger)
		key  string
	}{
		"a receipt": {func(l *ledger) {
			l.book(1, "R8", 100, "")
			l.commit()
		}, wire.LoanKey(handle(1))},
		"a stray receipt": {func(l *ledger) { l.suspend("odd", "S7", 500) }, strayKey("odd", "S7")},
		"an acceptance":   {func(l *ledger) { l.accept(handle(0x601)) }, wire.InstructionKey(handle(0x601))},
		"a settlement":    {func(l *ledger) { l.settle(handle(0x602), "DEP9") }, wire.InstructionKey(handle(0x602))},
	} {
		t.Run(name, func(t *testing.T) {
			l := written(t)
			l.orderDeposits(0x601, 0x602)
			l.accept(handle(0x602))
			l.commit()
			l.closeDay()
			c.step(l)
			l.commit()
			_, err := audit(l.history)
			requireFinding(t, err, c.key, closed)
		})
	}
}

// bookAlone books a receipt in a transaction of its own.
func (l *ledger) bookAlone(n int, reference string, amount money.Minor) loan.Received {
	l.Helper()
	received := l.book(n, reference, amount, "")
	l.commit()
	return received
}

func strayKey(account, reference string) string {
	return wire.SuspenseKey(wire.DerivedHandle(strings.Repeat("5e", 32), "suspense", account, reference))
}

// orderDeposits lets the custodian announce deposits of Ann's.
func (l *ledger) orderDeposits(handles ...int) {
	l.Helper()
	for _, n := range handles {
		l.instruct(custody.Instruction{Handle: handle(n), Kind: custody.Deposit, Party: ann, AmountMinor: 5}, meridian)
	}
	l.commit()
}

func requireFinding(t testing.TB, err error, key, what string) {
	t.Helper()
	var finding *books.Finding
	if !errors.As(err, &finding) {
		t.Fatalf("nothing was found: %v", err)
	}
	if finding.Key != key || !strings.Contains(finding.What, what) {
		t.Errorf("found %v\nwant %s: %s", finding, key, what)
	}
}
