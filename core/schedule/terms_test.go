package schedule_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
)

func everydayTerms() schedule.Terms {
	return schedule.Terms{
		PrincipalMinor: 10_000_00, RatePPM: 119_900, Instalments: 36, Method: schedule.EqualInstalment,
		DayCount: calendar.Thirty360, Start: calendar.NewDate(2016, 1, 15),
	}
}

func TestTermsNameTheFieldAtFault(t *testing.T) {
	for _, c := range []struct {
		field string
		code  fault.Code
		spoil func(*schedule.Terms)
	}{
		{"principal_minor", fault.InvalidField, func(t *schedule.Terms) { t.PrincipalMinor = 0 }},
		{"principal_minor", fault.InvalidField, func(t *schedule.Terms) { t.PrincipalMinor = schedule.MaxPrincipalMinor + 1 }},
		{"rate_ppm", fault.InvalidField, func(t *schedule.Terms) { t.RatePPM = -1 }},
		{"rate_ppm", fault.InvalidField, func(t *schedule.Terms) { t.RatePPM = schedule.MaxRatePPM + 1 }},
		{"instalments", fault.InvalidField, func(t *schedule.Terms) { t.Instalments = 0 }},
		{"instalments", fault.InvalidField, func(t *schedule.Terms) { t.Instalments = schedule.MaxInstalments + 1 }},
		{"method", fault.InvalidField, func(t *schedule.Terms) { t.Method = "balloon" }},
		{"day_count", fault.InvalidField, func(t *schedule.Terms) { t.DayCount = "actual/364" }},
		{"start", fault.MissingField, func(t *schedule.Terms) { t.Start = 0 }},
		{"start", fault.InvalidField, func(t *schedule.Terms) { t.Start = calendar.NewDate(1899, 12, 31) }},
		{"start", fault.InvalidField, func(t *schedule.Terms) { t.Start = calendar.NewDate(9900, 1, 2) }},
		{"first_due", fault.InvalidField, func(t *schedule.Terms) { t.FirstDue = t.Start }},
		{"first_due", fault.InvalidField, func(t *schedule.Terms) { t.FirstDue = t.Start.AddMonths(schedule.MaxFirstMonths) + 1 }},
		{"month_end", fault.InvalidField, func(t *schedule.Terms) { t.MonthEnd = "last" }},
		{"instalment_multiple_minor", fault.InvalidField, func(t *schedule.Terms) { t.InstalmentMultipleMinor = -1 }},
		{"instalment_multiple_minor", fault.InvalidField, func(t *schedule.Terms) { t.InstalmentMultipleMinor = t.PrincipalMinor + 1 }},
		{"instalment_multiple_minor", fault.InvalidField, func(t *schedule.Terms) { t.Method, t.InstalmentMultipleMinor = schedule.Bullet, 100 }},
		{"rounding", fault.InvalidField, func(t *schedule.Terms) { t.Rounding = "nearest" }},
		{"charges", fault.InvalidField, func(t *schedule.Terms) { t.Charges = make([]schedule.Charge, schedule.MaxCharges+1) }},
		{"charges[3].payee", fault.InvalidField, withCharge(schedule.Charge{Payee: "lender", Basis: "flat"})},
		{"charges[3].basis", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "balance"})},
		{"charges[3].ppm", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "interest", PPM: -1})},
		{"charges[3].ppm", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "interest", PPM: money.Million + 1})},
		{"charges[3].ppm", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "flat", PPM: 1, FlatMinor: 1})},
		{"charges[3].flat_minor", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "principal", PPM: 1, FlatMinor: 1})},
		{"charges[3].flat_minor", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "flat", FlatMinor: -1})},
		{"charges[3].flat_minor", fault.InvalidField, withCharge(schedule.Charge{Payee: "platform", Basis: "flat", FlatMinor: schedule.MaxPrincipalMinor})},
	} {
		terms := everydayTerms()
		c.spoil(&terms)
		err := terms.Validate()
		var refusal *fault.Fault
		if !errors.As(err, &refusal) || refusal.Field != c.field || refusal.Code != c.code {
			t.Errorf("%s: %v, want %s", c.field, err, c.code)
		}
		if rows, err := schedule.Generate(terms); rows != nil || !errors.As(err, &refusal) {
			t.Errorf("%s: generated %d rows, %v", c.field, len(rows), err)
		}
	}
	if err := everydayTerms().Validate(); err != nil {
		t.Errorf("everyday terms: %v", err)
	}
}

func withCharge(c schedule.Charge) func(*schedule.Terms) {
	return func(t *schedule.Terms) { t.Charges = append(someCharges[:3:3], c) }
}

// Terms are kept on the ledger and signed, so their bytes never change: fields in this order, and what
// was left out stays out.
func TestTermsHaveOneFormInJSON(t *testing.T) {
	full := everydayTerms()
	full.FirstDue = calendar.NewDate(2016, 2, 20)
	full.MonthEnd = calendar.Roll
	full.InstalmentMultipleMinor = 100
	full.Rounding = money.Up
	full.Charges = someCharges[1:]
	for want, terms := range map[string]schedule.Terms{
		`{"principal_minor":1000000,"rate_ppm":119900,"instalments":36,"method":"equal_instalment","day_count":"30/360","start":"2016-01-15"}`: everydayTerms(),
		`{"principal_minor":1000000,"rate_ppm":119900,"instalments":36,"method":"equal_instalment","day_count":"30/360","start":"2016-01-15",` +
			`"first_due":"2016-02-20","month_end":"roll","instalment_multiple_minor":100,"rounding":"up",` +
			`"charges":[{"payee":"guarantor","basis":"principal","ppm":3000},{"payee":"custodian","basis":"flat","flat_minor":150}]}`: full,
	} {
		text, err := json.Marshal(terms)
		if err != nil || string(text) != want {
			t.Fatalf("got %s, %v; want %s", text, err, want)
		}
		var back schedule.Terms
		if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(back, terms) {
			t.Fatalf("read back %+v, %v", back, err)
		}
	}
}

// What is left out means what the documentation says.
func TestDefaultsAreClampedAndHalfEven(t *testing.T) {
	short := everydayTerms()
	short.Start = calendar.NewDate(2016, 1, 31)
	explicit := short
	explicit.FirstDue = calendar.NewDate(2016, 2, 29)
	explicit.MonthEnd = calendar.Clamp
	explicit.Rounding = money.HalfEven
	explicit.InstalmentMultipleMinor = 1
	rows, err := schedule.Generate(short)
	if err != nil {
		t.Fatal(err)
	}
	if rows[0].Due != explicit.FirstDue || rows[1].Due.String() != "2016-03-31" {
		t.Fatalf("due %s, then %s", rows[0].Due, rows[1].Due)
	}
	// Counted from an explicit first date, the 31st is forgotten: every later row is due on the 29th.
	anchored, err := schedule.Generate(explicit)
	if err != nil || anchored[1].Due.String() != "2016-03-29" {
		t.Fatalf("counted from 29 February, the second row is due %s, %v", anchored[1].Due, err)
	}
	explicit.FirstDue = 0
	again, err := schedule.Generate(explicit)
	if err != nil || !reflect.DeepEqual(rows, again) {
		t.Fatalf("explicit defaults give other rows: %v", err)
	}
}
