package custody_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/party"
)

var (
	today    = calendar.NewDate(2026, 3, 2)
	bank     = party.Actor{Member: "meridian", Kind: party.Custodian, Role: party.Machine}
	platform = party.Actor{Member: "harbor", Kind: party.Platform, Role: party.Machine}
)

func accepted(kind custody.Kind) custody.Instruction {
	return custody.Instruction{
		Handle: "h", Kind: kind, Status: custody.Accepted, Platform: "harbor", Custodian: "meridian",
		Party: "p", AmountMinor: 1_000, On: today,
	}
}

// How old a value date may be, and what needs a bank entry, depends on the kind.
func TestSettlementsAreBounded(t *testing.T) {
	for _, c := range []struct {
		name      string
		kind      custody.Kind
		reference string
		value     calendar.Date
		want      fault.Code
	}{
		{"a disbursement on its oldest day", custody.Disburse, "b", today.AddDays(-5), ""},
		{"a disbursement a day before", custody.Disburse, "b", today.AddDays(-6), fault.ValueDateOutOfBounds},
		{"a deposit of long ago", custody.Deposit, "b", today.AddDays(-900), ""},
		{"a payout of long ago", custody.PayOut, "b", today.AddDays(-900), ""},
		{"a refund of long ago", custody.Refund, "b", today.AddDays(-900), ""},
		{"a fee of long ago", custody.Fee, "b", today.AddDays(-900), ""},
		{"a withdrawal of long ago", custody.Withdraw, "b", today.AddDays(-900), ""},
		{"a payout of tomorrow", custody.PayOut, "b", today.AddDays(1), fault.ValueDateOutOfBounds},
		{"a deposit of tomorrow", custody.Deposit, "b", today.AddDays(1), fault.ValueDateOutOfBounds},
		{"a deposit of no day", custody.Deposit, "b", 0, fault.ValueDateOutOfBounds},
		{"a deposit that no bank entry shows", custody.Deposit, "", today, fault.MissingField},
		{"a reference without end", custody.Deposit, strings.Repeat("b", 65), today, fault.InvalidField},
		{"a collection of long ago", custody.Collect, "b", today.AddDays(-900), ""},
		{"a release, which crosses no account", custody.Release, "", today, ""},
		{"a hold, which crosses no account", custody.Hold, "", today, ""},
	} {
		_, err := custody.Decide(accepted(c.kind), custody.Settle{
			AmountMinor: 1_000, BankReference: c.reference, ValueDate: c.value, Earliest: today.AddDays(-5), On: today, Actor: bank,
		})
		if got := codeOf(err); got != c.want {
			t.Errorf("%s: refused with %q, want %q", c.name, got, c.want)
		}
	}
}

// A platform takes back its own instructions, not the custodian's; a payout nobody takes back.
func TestInstructionsAreTakenBackByWhomTheyAreFrom(t *testing.T) {
	for _, c := range []struct {
		name string
		kind custody.Kind
		from party.Actor
		by   party.Actor
		want fault.Code
	}{
		{"its own deposit", custody.Deposit, platform, platform, ""},
		{"the bank's deposit", custody.Deposit, bank, platform, fault.WrongMember},
		{"a platform's deposit, by the bank", custody.Deposit, platform, bank, ""},
		{"a payout, by the platform", custody.PayOut, bank, platform, fault.WrongMember},
		{"a payout, by the bank", custody.PayOut, bank, bank, fault.WrongMember},
	} {
		order := custody.Instruction{Handle: "h", Kind: c.kind, Platform: "harbor", Custodian: "meridian", Party: "p", AmountMinor: 1, On: today}
		events, err := custody.Decide(custody.Instruction{}, custody.Instruct{Instruction: order, Actor: c.from})
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		_, err = custody.Decide(custody.Apply(custody.Instruction{}, events[0]), custody.Cancel{On: today, Actor: c.by})
		if got := codeOf(err); got != c.want {
			t.Errorf("%s: refused with %q, want %q", c.name, got, c.want)
		}
	}
}

func codeOf(err error) fault.Code {
	var f *fault.Fault
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}
