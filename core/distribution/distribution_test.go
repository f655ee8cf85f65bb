package distribution_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/distribution"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/core/schedule"
)

func TestOnlyTheMalformedIsRefused(t *testing.T) {
	s := paid(t, active(threeYears(), 80_000, tenLenders()...), 1)
	good := distribution.Receipt{BankReference: "MB2", AmountMinor: 100, ValueDate: day("2024-03-01")}
	on := day("2024-03-01")
	for _, c := range []struct {
		change func(*distribution.Receipt)
		code   fault.Code
		field  string
	}{
		{func(r *distribution.Receipt) { r.BankReference = "" }, fault.InvalidField, "bank_reference"},
		{func(r *distribution.Receipt) { r.BankReference = fmt.Sprintf("%065d", 1) }, fault.InvalidField, "bank_reference"},
		{func(r *distribution.Receipt) { r.BankReference = "MB00000000000001" }, fault.DuplicateBankReference, "bank_reference"},
		{func(r *distribution.Receipt) { r.AmountMinor = 0 }, fault.InvalidField, "amount_minor"},
		{func(r *distribution.Receipt) { r.AmountMinor = -1 }, fault.InvalidField, "amount_minor"},
		{func(r *distribution.Receipt) { r.AmountMinor = distribution.MaxReceiptMinor + 1 }, fault.InvalidField, "amount_minor"},
		{func(r *distribution.Receipt) { r.AmountMinor = math.MaxInt64 }, fault.InvalidField, "amount_minor"},
		{func(r *distribution.Receipt) { r.ValueDate = 0 }, fault.ValueDateOutOfBounds, "value_date"},
		{func(r *distribution.Receipt) { r.ValueDate = on + 1 }, fault.ValueDateOutOfBounds, "value_date"},
	} {
		r := good
		c.change(&r)
		_, err := distribution.Decide(s, r, statute, meridian, on)
		refused(t, err, c.code, c.field)
	}
	for _, actor := range []party.Actor{
		{Member: "harbor", Kind: party.Platform},
		{Member: "authority", Kind: party.Regulator},
		{Member: "pearl", Kind: party.Custodian},
		{Member: "meridian", Kind: party.Platform},
	} {
		_, err := distribution.Decide(s, good, statute, actor, on)
		refused(t, err, fault.WrongMember, "")
	}
	s.Frozen = "order"
	receive(t, s, good, statute, on)
	s.Frozen = ""
	receive(t, loan.Apply(s, loan.Event{Kind: loan.ActWriteOff, On: on}), good, statute, on)
}

func TestWhatWasNeverLentReceivesNothing(t *testing.T) {
	s := loan.Apply(loan.State{}, loan.Event{Kind: loan.ActPropose, Proposal: &loan.Proposal{ID: "l", Custodian: "meridian"}})
	_, err := distribution.Decide(s, distribution.Receipt{BankReference: "MB1", AmountMinor: 1, ValueDate: 1}, statute, meridian, 2)
	refused(t, err, fault.WrongStatus, "loan")
	_, err = distribution.Decide(loan.State{}, distribution.Receipt{BankReference: "MB1", AmountMinor: 1, ValueDate: 1}, statute, meridian, 2)
	refused(t, err, fault.NotFound, "loan")
}

func TestReversalWantsTheOtherHalf(t *testing.T) {
	s := active(threeYears(), 80_000, tenLenders()...)
	on := day("2024-02-15")
	s, original := receive(t, s, distribution.Receipt{BankReference: "MB1", AmountMinor: 100_000, ValueDate: on}, statute, on)

	altered := original
	altered.PrincipalCredits = append([]money.Minor{original.PrincipalCredits[0] + 1, original.PrincipalCredits[1] - 1}, original.PrincipalCredits[2:]...)
	_, err := distribution.Reverse(s, altered, meridian, on)
	refused(t, err, fault.OriginalMismatch, "original")
	altered = original
	altered.BankReference = "MB2"
	_, err = distribution.Reverse(s, altered, meridian, on)
	refused(t, err, fault.NotFound, "bank_reference")
	_, err = distribution.Reverse(s, original, party.Actor{Member: "pearl", Kind: party.Custodian}, on)
	refused(t, err, fault.WrongMember, "")

	events, err := distribution.Reverse(s, original, meridian, on)
	if err != nil {
		t.Fatal(err)
	}
	s = loan.Apply(s, events[0])
	_, err = distribution.Reverse(s, original, meridian, on)
	refused(t, err, fault.AlreadyReversed, "bank_reference")
	again := distribution.Receipt{BankReference: "MB1", AmountMinor: 1, ValueDate: on}
	s, _ = receive(t, s, again, statute, on) // the reversal was the mistake
	_, err = distribution.Decide(s, again, statute, meridian, on)
	refused(t, err, fault.DuplicateBankReference, "bank_reference")
	again.From = "suspense-1"
	s, placed := receive(t, s, again, statute, on) // an equal reference of another account
	_, err = distribution.Decide(s, again, statute, meridian, on)
	refused(t, err, fault.DuplicateBankReference, "bank_reference")
	if events, err = distribution.Reverse(s, placed, meridian, on); err != nil {
		t.Fatal(err)
	}
	if s = loan.Apply(s, events[0]); !s.Standing("MB1", "") || s.Standing("MB1", "suspense-1") {
		t.Errorf("the reversal took the wrong one back: %+v", s.Receipts)
	}
}

// A claim that was written off stays one: receipts are divided, the last closes it, and a reversal brings it
// back as what it was.
func TestWrittenOffClaimIsRepaidAndReversed(t *testing.T) {
	s := active(threeYears(), 0, tenLenders()...)
	on := day("2025-01-20")
	s = loan.Apply(s, loan.Event{Kind: loan.ActWriteOff, On: on, Reason: "lost"})
	p, err := repayment.At(s, on, on)
	if err != nil {
		t.Fatal(err)
	}
	s, first := receive(t, s, distribution.Receipt{BankReference: "MB1", AmountMinor: 1_000, ValueDate: on}, statute, on)
	if s.Status != loan.WrittenOff {
		t.Fatalf("a part leaves it %s", s.Status)
	}
	s, _ = receive(t, s, distribution.Receipt{BankReference: "MB2", AmountMinor: p.Total() - 1_000, ValueDate: on}, statute, on)
	if s.Status != loan.Repaid || s.WrittenOffOn != on {
		t.Fatalf("the rest leaves it %s", s.Status)
	}
	events, err := distribution.Reverse(s, first, meridian, on)
	if err != nil {
		t.Fatal(err)
	}
	if s = loan.Apply(s, events[0]); s.Status != loan.WrittenOff {
		t.Errorf("reversed, it is %s", s.Status)
	}
}

// The largest loan, never paid for as long as a schedule may run, and then some: nothing overflows.
func TestLargestLoanLongOverdue(t *testing.T) {
	plan := schedule.Terms{
		PrincipalMinor: schedule.MaxPrincipalMinor, RatePPM: 360_000, Instalments: schedule.MaxInstalments,
		Method: schedule.Bullet, DayCount: calendar.Actual365, Start: day("2024-01-15"), MonthEnd: calendar.Clamp,
	}
	s := active(plan, money.Million, schedule.MaxPrincipalMinor-1, 1)
	on := day("2174-01-15") // a hundred years after maturity
	p, err := repayment.At(s, on, on)
	if err != nil {
		t.Fatal(err)
	}
	// 100 years at 100 % a year, of 36,525 days less one for 2100, which is no leap year.
	if want := money.Minor(100_065_753_424_657_534); p.PastDue.PenaltyMinor != want {
		t.Errorf("penalty %d, want %d", p.PastDue.PenaltyMinor, want)
	}
	for i := 0; s.Status != loan.Repaid; i++ {
		if i > 30 {
			t.Fatal("no end")
		}
		s, _ = receive(t, s, distribution.Receipt{BankReference: fmt.Sprint(i), AmountMinor: distribution.MaxReceiptMinor, ValueDate: on}, statute, on)
	}
	if s.PrincipalCredits[0] != schedule.MaxPrincipalMinor-1 || s.PrincipalCredits[1] != 1 {
		t.Errorf("principal %v", s.PrincipalCredits)
	}
}
