package loan_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

// terms are those of a loan that the golden files keep.
func terms() loan.Terms {
	return loan.Terms{
		Version: 1, ID: "lending.harbor." + strings.Repeat("0a", 16), Platform: "harbor", Custodian: "meridian",
		Borrower: strings.Repeat("1b", 16), Project: strings.Repeat("2c", 16), Regime: "sandbox", Currency: "CNY",
		PrincipalMinor: 120_000, RatePPM: 120_000, PenaltyRatePPM: 365_000, Instalments: 12, Method: schedule.EqualPrincipal,
		DayCount: calendar.Thirty360, MonthEnd: calendar.Clamp,
		Charges:         []schedule.Charge{{Payee: schedule.PayeePlatform, Basis: schedule.BasisFlat, FlatMinor: 200}},
		AgreementDigest: strings.Repeat("3d", 32), Salt: strings.Repeat("4e", 32),
	}
}

func funding() loan.Funding {
	return loan.Funding{
		Version: 1, Loan: terms().ID, BorrowerSignature: "c2lnbmVk", Salt: strings.Repeat("5f", 32),
		Allocations: []loan.Allocation{
			{Lender: "lender-1", Mandate: "mandate-1", Hold: "hold-1", PrincipalMinor: 40_000},
			{Lender: "lender-2", Mandate: "mandate-2", Hold: "hold-2", PrincipalMinor: 80_000},
		},
	}
}

// life has every kind of event once, as one loan could meet them.
func life() []loan.Event {
	t := terms()
	plan := t.Plan(day("2024-01-15"))
	event := func(kind loan.Action, by string) loan.Event {
		return loan.Event{Kind: kind, On: day("2024-01-15"), By: by}
	}
	with := func(kind loan.Action, by string, fill func(*loan.Event)) loan.Event {
		e := event(kind, by)
		fill(&e)
		return e
	}
	received := loan.Received{
		BankReference: "MB1", AmountMinor: 121_400, ValueDate: day("2024-01-16"), From: "suspense-1",
		Parts:            loan.Parts{FeesMinor: []money.Minor{200}, PenaltyMinor: 100, InterestMinor: 1_000, PrincipalMinor: 120_000, RefundMinor: 100},
		PrincipalCredits: []money.Minor{40_000, 80_000}, InterestCredits: []money.Minor{367, 733},
		Payoff: &loan.Payoff{On: day("2024-01-17"), PrincipalMinor: 120_000, InterestMinor: 1_000}, Closes: true,
	}
	return []loan.Event{
		with(loan.ActPropose, "harbor", func(e *loan.Event) {
			e.ExpiresOn = day("2024-01-25")
			e.Proposal = &loan.Proposal{
				ID: t.ID, Platform: t.Platform, Custodian: t.Custodian, Borrower: t.Borrower, Regime: t.Regime, Commitment: t.Commitment(),
				PrincipalMinor: t.PrincipalMinor, PenaltyRatePPM: t.PenaltyRatePPM,
			}
		}),
		with(loan.ActClear, "authority", func(e *loan.Event) {
			e.Clearance = &loan.Clearance{Handle: "clearance-1", Digest: strings.Repeat("60", 32), ExpiresOn: day("2024-01-25")}
		}),
		with(loan.ActFund, "harbor", func(e *loan.Event) { e.Weights, e.ExpiresOn = []money.Minor{40_000, 80_000}, day("2024-01-30") }),
		with(loan.ActHold, "meridian", func(e *loan.Event) { e.Instruction, e.AmountMinor = "hold-1", 40_000 }),
		with(loan.ActHold, "meridian", func(e *loan.Event) { e.Instruction, e.AmountMinor = "hold-2", 80_000 }),
		with(loan.ActFreeze, "authority", func(e *loan.Event) { e.Order = "order-1" }),
		with(loan.ActRelease, "authority", func(e *loan.Event) { e.Order = "order-1" }),
		with(loan.ActDisburse, "harbor", func(e *loan.Event) { e.Instruction = "disburse-1" }),
		with(loan.ActReturn, "meridian", func(e *loan.Event) { e.Reason = "account_closed" }),
		with(loan.ActDisburse, "harbor", func(e *loan.Event) { e.Instruction = "disburse-2" }),
		with(loan.ActActivate, "meridian", func(e *loan.Event) { e.Instruction, e.Plan = "disburse-2", &plan }),
		with(loan.ActWriteOff, "harbor", func(e *loan.Event) { e.Reason = "lost" }),
		with(loan.ActReceive, "meridian", func(e *loan.Event) { e.Received = &received }),
		with(loan.ActNet, "meridian", func(e *loan.Event) {
			e.Netted = &loan.Netted{Run: "run-1", Credits: []money.Minor{40_367, 80_733}, FeesMinor: []money.Minor{200}, RefundMinor: 100}
		}),
		with(loan.ActReverse, "meridian", func(e *loan.Event) {
			e.Reversed = &loan.Reversed{
				Original: received, PrincipalCredits: []money.Minor{40_000, 80_000}, InterestCredits: []money.Minor{367, 733},
				Shortfalls: []money.Minor{40_367, 80_733}, RefundShortfall: 100, Reopens: true,
			}
		}),
	}
}

// What the ledger keeps, byte by byte: whoever changes it changes the format of every record.
func TestRecordsKeepTheirForm(t *testing.T) {
	var b strings.Builder
	line := func(what string, v any) {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString(what + " " + string(raw) + "\n")
	}
	line("terms", terms())
	b.WriteString("commitment " + terms().Commitment() + "\n")
	b.WriteString("statement " + string(loan.CommitmentStatement(terms().ID, terms().Borrower, terms().Commitment())) + "\n")
	line("funding", funding())
	var s loan.State
	for _, e := range life() {
		line("event", e)
		s = loan.Apply(s, e)
		line("state", s)
	}
	for _, kind := range []loan.Action{loan.ActDecline, loan.ActWithdraw, loan.ActExpire, loan.ActCancel} {
		e := loan.Event{Kind: kind, On: day("2024-01-15"), By: "harbor", Reason: "code"}
		line("event", e)
		line("state", loan.Apply(loan.Apply(loan.State{}, life()[0]), e))
	}
	golden(t, "records.txt", b.String())
}

// What was written is read back as it was, and folding what was read leads to the same state.
func TestRecordsSurviveTheLedger(t *testing.T) {
	var s, read loan.State
	for _, e := range life() {
		raw, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var again loan.Event
		if err := json.Unmarshal(raw, &again); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(e, again) {
			t.Errorf("%s was read back as %+v", raw, again)
		}
		s, read = loan.Apply(s, e), loan.Apply(read, again)
		if !reflect.DeepEqual(s, read) {
			t.Fatalf("after %s: %+v and %+v", e.Kind, s, read)
		}
	}
	if s.Status != loan.WrittenOff || s.Receivable[1] != 80_733 || s.RefundReceivable != 100 || s.Payoff != nil {
		t.Errorf("a repaid loan that had been written off reopens as written off: %+v", s)
	}
}

func TestSeenIsOneText(t *testing.T) {
	for _, want := range []loan.Seen{
		{BankReference: "MB1", ValueDate: day("2024-02-29"), PrincipalMinor: 12, Digest: "d"},
		{BankReference: "MB2", From: "0a0b", ValueDate: day("2024-02-29"), PrincipalMinor: 12, Digest: "d"},
		{BankReference: "MB2", From: "0a0b", ValueDate: day("2024-02-29"), PrincipalMinor: 12, Digest: "d", Reversed: true},
		{BankReference: "with spaces  and \"quotes\" 付款", ValueDate: day("1999-12-31"), Digest: "d", Reversed: true},
	} {
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got loan.Seen
		if err := json.Unmarshal(raw, &got); err != nil || got != want {
			t.Errorf("%s is read as %+v, %v", raw, got, err)
		}
	}
	for _, bad := range []string{"", "2024-02-29", "2024-02-30 + 1 d r", "2024-02-28 * 1 d r", "2024-02-28  1 d r", "2024-02-28 0a+ 1 d r", "2024-02-28 + x d r", "2024-02-28 + 1 d"} {
		if err := new(loan.Seen).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}
