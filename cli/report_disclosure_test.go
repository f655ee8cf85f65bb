package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/ledger"
	"github.com/tallystick/tallystick/gateway-app/report"
)

var closedOn = calendar.NewDate(2016, 1, 29)

// formulas are those of a pack with two indicators.
func formulas() regime.Pack {
	formula := func(id, unit, expression string) regime.Formula {
		return regime.Formula{Unit: unit, Rule: regime.Rule{
			ID: id, Version: 1, Words: regime.Words{EN: id, ZH: "指标"}, Expression: expression, Source: "a test",
		}}
	}
	return regime.Pack{
		ID: "reports", AppliesTo: regime.Reports, EffectiveFrom: calendar.NewDate(2016, 1, 1), Proposer: "authority",
		Approvals: []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: "meridian", Kind: party.Custodian}},
		Reporting: &regime.Reporting{Formulas: []regime.Formula{
			formula("balance", regime.UnitMinor, "balance_minor"), formula("loans", regime.UnitCount, "balance_count"),
		}},
	}
}

// fold puts a value into the state of a discloser, as an executed transaction does.
func fold(t *testing.T, d *discloser, collection, key string, value any) {
	t.Helper()
	raw, err := wire.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	d.state.fold(ledger.Change{Collection: collection, Key: key, Value: raw})
}

// lent is a discloser after a ledger on which harbor lent 1,000.00 in two loans, of which 300.00 came back, and lantern one
// loan that is none of harbor's.
func lent(t *testing.T) *discloser {
	t.Helper()
	d := &discloser{
		execution: newExecution(profile), platform: "harbor", period: disclosure.MonthOf(closedOn),
		counts: map[string]calendar.Date{}, closings: map[string]closing{},
	}
	fold(t, d, wire.PairCollection("harbor", "meridian"), wire.BooksKey, wire.Books{Version: wire.Version})
	for n, platform := range []string{"harbor", "harbor", "lantern"} {
		handle := strings.Repeat(string("abc"[n]), 32)
		terms := loan.Terms{Version: wire.Version, ID: wire.LoanID("lending", platform, handle), Platform: platform}
		plan := schedule.Terms{
			PrincipalMinor: 50_000, RatePPM: 120_000, Instalments: 12, Method: schedule.EqualPrincipal, DayCount: calendar.Thirty360,
			Start: closedOn.AddDays(-20), MonthEnd: calendar.Clamp,
		}
		state := loan.State{
			ID: terms.ID, Platform: platform, Custodian: "meridian", Borrower: handle, Status: loan.Active, Plan: &plan, PrincipalMinor: 50_000,
			Paid: loan.Parts{PrincipalMinor: money.Minor(n) * 30_000},
		}
		collection := wire.PairCollection(platform, "meridian")
		fold(t, d, collection, wire.LoanKey(handle), wire.Record[loan.State, loan.Event]{Version: wire.Version, Sequence: 1, State: state})
		fold(t, d, collection, wire.TermsKey(handle), terms)
		fold(t, d, collection, wire.FundingKey(handle), loan.Funding{Version: wire.Version, Loan: terms.ID, Allocations: []loan.Allocation{{Lender: "l"}}})
	}
	return d
}

func enact(t *testing.T, d *discloser, pack regime.Pack, listed bool) {
	t.Helper()
	fold(t, d, "", wire.RegimeKey(pack.ID), wire.Record[regime.Pack, regime.Event]{Version: wire.Version, Sequence: 1, State: pack})
	digest, err := wire.PackDigest(pack)
	if err != nil {
		t.Fatal(err)
	}
	root := wire.Root{Version: wire.Version}
	if listed {
		root.Listed = []wire.Listed{{ID: pack.ID, Digest: digest}}
	}
	fold(t, d, "", wire.RootRegimes, root)
}

// The loans of the platform alone count, by a pack that the ledger's root lists.
func TestADisclosureIsComputedFromTheLedgersRecords(t *testing.T) {
	d := lent(t)
	if _, err := d.compute(); err == nil || !strings.Contains(err.Error(), "no business day of it was closed") {
		t.Errorf("before the close: %v", err)
	}
	enact(t, d, formulas(), false)
	if err := d.close("meridian", closedOn, 5); err != nil {
		t.Fatal(err)
	}
	enact(t, d, formulas(), true)
	if _, err := d.compute(); err == nil || !strings.Contains(err.Error(), "no reporting pack was in force") {
		t.Errorf("by a pack that was listed after the close: %v", err)
	}
	if err := d.close("meridian", closedOn, 7); err != nil {
		t.Fatal(err)
	}
	retired := formulas()
	retired.Until = closedOn.AddDays(-9)
	enact(t, d, retired, true) // after the close, as of a day before it
	computed, err := d.compute()
	if err != nil {
		t.Fatal(err)
	}
	balance, _ := computed.Indicator("balance")
	loans, _ := computed.Indicator("loans")
	if *balance.Value != 70_000 || *loans.Value != 2 || computed.ClosedOn() != closedOn {
		t.Errorf("computed %d in %d loans on %s", *balance.Value, *loans.Value, computed.ClosedOn())
	}
}

// A custodian that has opened no books for the platform has no part in the disclosure, though it closes days too. Where only
// such ones closed a day of the period, nothing is disclosed of it.
func TestWhoKeepsNoBooksIsNotMeasured(t *testing.T) {
	d := lent(t)
	enact(t, d, formulas(), true)
	if err := d.close("other", closedOn, 4); err != nil {
		t.Fatal(err)
	}
	if err := d.close("meridian", d.period.From.AddDays(-3), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := d.compute(); err == nil || !strings.Contains(err.Error(), "no business day of it was closed") {
		t.Errorf("where only another custodian closed a day: %v", err)
	}
	if err := d.close("meridian", closedOn, 5); err != nil {
		t.Fatal(err)
	}
	computed, err := d.compute()
	if err != nil || len(computed.Closings) != 1 || computed.Closings[0].Custodian != "meridian" {
		t.Errorf("closings %v, %v", computed.Closings, err)
	}
}

// Whatever form a stated disclosure is in, a true one agrees, and a false figure is named with exit code 3.
func TestAStatedDisclosureIsHeldAgainstTheLedger(t *testing.T) {
	d := lent(t)
	enact(t, d, formulas(), true)
	if err := d.close("meridian", closedOn, 5); err != nil {
		t.Fatal(err)
	}
	computed, err := d.compute()
	if err != nil {
		t.Fatal(err)
	}
	forms := map[string]func(disclosure.Disclosure) ([]byte, error){
		"canonical":   disclosure.Disclosure.Canonical,
		"publication": func(d disclosure.Disclosure) ([]byte, error) { return json.Marshal(map[string]any{"disclosure": d}) },
		"report": func(d disclosure.Disclosure) ([]byte, error) {
			return report.NewRenderer(nil).Render(d.Document(), report.JSON, report.ZH)
		},
	}
	for name, form := range forms {
		stated := computed
		stated.Indicators = slices.Clone(computed.Indicators)
		for _, lie := range []bool{false, true} {
			if lie {
				wrong := *computed.Indicators[0].Value - 1
				stated.Indicators[0].Value = &wrong
			}
			text, err := form(stated)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "stated.json")
			if err := os.WriteFile(path, text, 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = (&session{format: "table", out: &out}).compareDisclosure(reportOrder{compare: path}, computed)
			switch {
			case !lie && (err != nil || !strings.Contains(out.String(), "indicators compared  2")):
				t.Errorf("%s: a true one: %v\n%s", name, err, out.String())
			case lie && (exitCode(err) != fault.ExitVerified || !strings.Contains(err.Error(), "differs in balance") || !strings.Contains(out.String(), "69999")):
				t.Errorf("%s: a false one: %v\n%s", name, err, out.String())
			}
		}
	}
	path := filepath.Join(t.TempDir(), "other.json")
	if err := os.WriteFile(path, []byte(`{"id": "portfolio"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (&session{format: "table", out: &bytes.Buffer{}}).compareDisclosure(reportOrder{compare: path}, computed); exitCode(err) != fault.ExitError {
		t.Errorf("no disclosure: %v", err)
	}
}

// The last close of each custodian by the end of the period counts, also one from before it, as long as one of them closed
// a day of the period. An invalid transaction closes nothing.
func TestTheLastClosesCount(t *testing.T) {
	dayRecord := func(custodian, on string, open bool) ledger.Write {
		date, err := calendar.Parse(on)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := wire.Encode(wire.Record[custody.Day, custody.DayEvent]{
			Version: wire.Version, Sequence: 1, State: custody.Day{Custodian: custodian, Date: date, Open: open},
		})
		if err != nil {
			t.Fatal(err)
		}
		return ledger.Write{Namespace: "tallystick", Key: wire.DayKey(custodian), Value: raw}
	}
	d := lent(t)
	for _, written := range []struct {
		custodian, on string
		open          bool
		code          ledger.Code
	}{
		{"meridian", "2015-12-31", false, ledger.Valid},
		{"other", "2015-12-30", false, ledger.Valid},
		{"other", "2015-12-31", true, ledger.Valid},
		{"meridian", "2016-01-28", false, ledger.Valid},
		{"meridian", "2016-01-29", true, ledger.Valid},
		{"meridian", "2016-01-29", false, 11},
		{"meridian", "2016-02-01", false, ledger.Valid},
	} {
		tx := ledger.Tx{ID: "t", Code: written.code, PublicWrites: []ledger.Write{dayRecord(written.custodian, written.on, written.open)}}
		if err := d.look(ledger.Block{Transactions: []ledger.Tx{tx}}); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]calendar.Date{"meridian": calendar.NewDate(2016, 1, 28), "other": calendar.NewDate(2015, 12, 30)}
	if !maps.Equal(d.counts, want) || !d.closedIn() {
		t.Errorf("what counts is %v, %v, want %v", d.counts, d.closedIn(), want)
	}
	delete(d.counts, "meridian")
	if d.closedIn() {
		t.Error("a period in which nobody closed a day has a disclosure")
	}
}
