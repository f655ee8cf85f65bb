package disclosure_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
)

var update = flag.Bool("update", false, "write testdata anew")

func day(text string) calendar.Date {
	d, err := calendar.Parse(text)
	if err != nil {
		panic(err)
	}
	return d
}

func period(t *testing.T, text string) disclosure.Period {
	t.Helper()
	p, err := disclosure.ParsePeriod(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var platformCharge = schedule.Charge{Payee: schedule.PayeePlatform, Basis: schedule.BasisInterest, PPM: 10_000}

// harbor is a platform with three borrowers at the end of March 2016. One loan is 120 days late, another one day.
func harbor() portfolio.Standing {
	on := day("2016-03-31")
	return portfolio.Standing{
		Platform: "harbor", Custodian: "meridian", On: on,
		Lent: portfolio.Amount{Loans: 5, AmountMinor: 500_000}, Balance: portfolio.Amount{Loans: 4, AmountMinor: 300_000},
		Interest: portfolio.Amount{Loans: 4, AmountMinor: 12_000}, Borrowers: 4, BorrowersCurrent: 3, Lenders: 7, LendersCurrent: 6,
		LargestMinor: []money.Minor{200_000, 60_000, 40_000}, Related: portfolio.Amount{Loans: 1, AmountMinor: 40_000},
		Compensated: portfolio.Amount{Loans: 1, AmountMinor: 9_000},
		Overdue: []portfolio.Overdue{
			{DueOn: on.AddDays(-120), Loans: 1, OutstandingMinor: 60_000}, {DueOn: on.AddDays(-1), Loans: 1, OutstandingMinor: 40_000},
		},
		Unpaid: []portfolio.Due{
			{On: on.AddDays(-120), PrincipalMinor: 5_000, InterestMinor: 500},
			{On: on.AddDays(-90), PrincipalMinor: 5_000, InterestMinor: 400},
			{On: on.AddDays(-1), PrincipalMinor: 3_000, InterestMinor: 300},
			{On: on, PrincipalMinor: 1_000, InterestMinor: 100},
		},
		Charges: []portfolio.ChargeStandard{
			{Charge: platformCharge, Loans: 5}, {Charge: schedule.Charge{Payee: schedule.PayeeCustodian, Basis: schedule.BasisFlat, FlatMinor: 20}, Loans: 2},
		},
	}
}

func formula(id, unit, text string, figures ...regime.Figure) regime.Formula {
	return regime.Formula{Unit: unit, Rule: regime.Rule{
		ID: id, Version: 1, Words: regime.Words{EN: id, ZH: "指标 " + id}, Figures: figures, Expression: text, Source: "made up for the tests",
	}}
}

func pack(formulas ...regime.Formula) regime.Pack {
	return regime.Pack{
		ID: "reports", Title: "Reports", Source: "made up for the tests", EffectiveFrom: day("2016-01-01"), AppliesTo: regime.Reports,
		Reporting: &regime.Reporting{Formulas: formulas}, Proposer: "authority",
	}
}

func compute(t *testing.T, p regime.Pack, standings ...portfolio.Standing) disclosure.Disclosure {
	t.Helper()
	d, err := disclosure.Compute(standings, period(t, "2016-03"), p)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Every variable and function means what it says: a formula of each, on one standing.
func TestWhatFormulasSee(t *testing.T) {
	want := map[string]int64{
		"lent_minor": 500_000, "lent_count": 5, "balance_minor": 300_000, "balance_count": 4, "interest_minor": 12_000, "interest_count": 4,
		"borrowers": 4, "borrowers_current": 3, "lenders": 7, "lenders_current": 6, "largest_minor": 200_000, "top_ten_minor": 300_000,
		"related_minor": 40_000, "related_count": 1, "compensated_minor": 9_000, "compensated_count": 1,
		"overdue_count(0)": 2, "overdue_count(1)": 1, "overdue_count(119)": 1, "overdue_count(120)": 0,
		"overdue_balance_minor(0)": 100_000, "overdue_balance_minor(90)": 60_000,
		"overdue_minor(0)": 13_000, "overdue_minor(89)": 10_000, "overdue_minor(90)": 5_000,
		"overdue_interest_minor(0)": 1_200, "overdue_interest_minor(90)": 500,
	}
	var formulas []regime.Formula
	for _, v := range disclosure.Variables() {
		if _, ok := want[v.Name]; !ok || v.Meaning == "" {
			t.Errorf("nothing is said of %s", v.Name)
		}
	}
	for _, f := range disclosure.Functions() {
		if _, ok := want[f.Name+"(0)"]; !ok || f.Meaning == "" {
			t.Errorf("nothing is said of %s", f.Name)
		}
	}
	for text := range want {
		formulas = append(formulas, formula(text, regime.UnitCount, text))
	}
	for _, i := range compute(t, pack(formulas...), harbor()).Indicators {
		if i.Value == nil || *i.Value != want[i.ID] {
			t.Errorf("%s is %v, want %d", i.ID, text(i), want[i.ID])
		}
	}
}

func text(i disclosure.Indicator) any {
	if i.Value == nil {
		return nil
	}
	return *i.Value
}

func TestAShareOfNothingIsNotKnown(t *testing.T) {
	p := pack(formula("share", regime.UnitPPM, "ratio_ppm(largest_minor, balance_minor)"))
	empty := portfolio.Standing{Platform: "harbor", Custodian: "meridian", On: day("2016-03-31")}
	d := compute(t, p, empty)
	if d.Indicators[0].Value != nil {
		t.Errorf("the share of nothing is %d", *d.Indicators[0].Value)
	}
	raw, err := d.Canonical()
	if err != nil || !bytes.Contains(raw, []byte(`"value":null`)) {
		t.Errorf("%s, %v", raw, err)
	}
}

// Custodians add up; the largest borrowers are chosen among all of them, and each close counts its own overdue days.
func TestSeveralCustodians(t *testing.T) {
	other := harbor()
	other.Custodian, other.On = "anchor", day("2016-03-30")
	other.LargestMinor = []money.Minor{90, 80, 70, 60, 50, 40, 30, 20, 10, 5}
	other.Overdue = []portfolio.Overdue{{DueOn: day("2016-03-29"), Loans: 3, OutstandingMinor: 7}}
	other.Charges = []portfolio.ChargeStandard{{Charge: platformCharge, Loans: 4}}
	p := pack(
		formula("lent", regime.UnitMinor, "lent_minor"), formula("largest", regime.UnitMinor, "largest_minor"),
		formula("top", regime.UnitMinor, "top_ten_minor"), formula("late", regime.UnitCount, "overdue_count(0)"),
		formula("later", regime.UnitCount, "overdue_count(1)"),
	)
	d := compute(t, p, harbor(), other)
	want := []int64{1_000_000, 200_000, 300_000 + 90 + 80 + 70 + 60 + 50 + 40 + 30, 5, 1}
	for at, i := range d.Indicators {
		if i.Value == nil || *i.Value != want[at] {
			t.Errorf("%s is %v, want %d", i.ID, text(i), want[at])
		}
	}
	if d.Closings[0].Custodian != "anchor" || d.ClosedOn() != day("2016-03-31") {
		t.Errorf("closings %v", d.Closings)
	}
	if len(d.FeeStandards) != 2 || d.FeeStandards[1].Loans != 9 {
		t.Errorf("fee standards %+v", d.FeeStandards)
	}
	if turned := compute(t, p, other, harbor()); digest(t, turned) != digest(t, d) {
		t.Error("the order of the standings shows in the disclosure")
	}
	if len(harbor().LargestMinor) != 3 || other.LargestMinor[0] != 90 {
		t.Error("a standing was changed")
	}
}

func digest(t *testing.T, d disclosure.Disclosure) string {
	t.Helper()
	sum, err := d.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func TestStandingsThatDoNotFit(t *testing.T) {
	p := pack(formula("lent", regime.UnitMinor, "lent_minor"), formula("twice", regime.UnitMinor, "lent_minor * 2"))
	change := func(spoil func(*portfolio.Standing)) portfolio.Standing { s := harbor(); spoil(&s); return s }
	for what, standings := range map[string][]portfolio.Standing{
		"none":                {},
		"two platforms":       {harbor(), change(func(s *portfolio.Standing) { s.Platform, s.Custodian = "lantern", "anchor" })},
		"one custodian twice": {harbor(), harbor()},
		"another month":       {change(func(s *portfolio.Standing) { s.On = day("2016-04-01") })},
		"a sum that overflows": {
			change(func(s *portfolio.Standing) { s.Lent.AmountMinor = math.MaxInt64 }), change(func(s *portfolio.Standing) { s.Custodian = "anchor" }),
		},
	} {
		if d, err := disclosure.Compute(standings, period(t, "2016-03"), p); err == nil {
			t.Errorf("%s: %+v", what, d)
		}
	}
}

func TestPacksThatDoNotCompile(t *testing.T) {
	loans := pack(formula("lent", regime.UnitMinor, "lent_minor"))
	loans.AppliesTo = regime.NewLoans
	for what, p := range map[string]regime.Pack{"for loans": loans, "without formulas": pack()} {
		if _, err := disclosure.Compile(p); err == nil {
			t.Errorf("a pack %s compiled", what)
		}
	}
	bad := formula("bad", regime.UnitMinor, "lent_minor +\n lnet_minor")
	var wrong *expression.Error
	if _, err := disclosure.CompileFormula(bad); !errors.As(err, &wrong) || wrong.Rule != "bad" || wrong.Line != 2 || wrong.Column != 2 {
		t.Errorf("a formula with a slip: %v", err)
	}
}

// A formula that does not compile, or fails on some figures, takes its own indicator with it and no other; the disclosure says
// so in every form, and agrees with another that says the same.
func TestABadFormulaStopsNoOther(t *testing.T) {
	huge := harbor()
	huge.Lent.AmountMinor = math.MaxInt64
	d, err := disclosure.Compute([]portfolio.Standing{huge}, period(t, "2016-03"), pack(
		formula("uncompiled", regime.UnitMinor, "lnet_minor"), formula("overflows", regime.UnitMinor, "lent_minor * 2"),
		formula("divides", regime.UnitCount, "lent_minor / (lent_count - lent_count)"), formula("unknown", regime.UnitPPM, "ratio_ppm(1, 0)"),
		formula("good", regime.UnitCount, "lent_count"),
	))
	if err != nil {
		t.Fatal(err)
	}
	for i, failure := range []string{disclosure.DoesNotCompile, disclosure.DoesNotEvaluate, disclosure.DoesNotEvaluate, "", ""} {
		if got := d.Indicators[i]; got.Failure != failure || (got.Value != nil) != (got.ID == "good") {
			t.Errorf("%s: %v, %q", got.ID, got.Value, got.Failure)
		}
	}
	text, err := d.Canonical()
	if err != nil {
		t.Fatal(err)
	}
	read, err := disclosure.Parse(text)
	if err != nil || len(disclosure.Compare(read, d)) != 0 {
		t.Errorf("read again it differs in %v, %v", disclosure.Compare(read, d), err)
	}
	if notes := d.Document().Notes; len(notes) != 3 || !strings.Contains(notes[0].EN, "uncompiled") || !strings.Contains(notes[1].ZH, "overflows") {
		t.Errorf("the document says %v", notes)
	}
	read.Indicators[0].Failure = ""
	if found := disclosure.Compare(read, d); len(found) != 1 || found[0].Computed != disclosure.DoesNotCompile {
		t.Errorf("one that does not say so differs in %v", found)
	}
	for _, spoil := range []func(*disclosure.Indicator){
		func(i *disclosure.Indicator) { i.Failure = "bad luck" },
		func(i *disclosure.Indicator) { i.Value = new(int64) },
	} {
		forged := d
		forged.Indicators = slices.Clone(d.Indicators)
		spoil(&forged.Indicators[0])
		text, err := forged.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := disclosure.Parse(text); !errors.Is(err, disclosure.ErrForm) {
			t.Errorf("a failure that is none was read: %v", err)
		}
	}
}

// A second version in force from a later day changes what a later period says, and an earlier one not.
func TestAFormulaChangesFromItsDayOn(t *testing.T) {
	first := pack(formula("overdue_rate", regime.UnitPPM, "ratio_ppm(overdue_minor(0), balance_minor)"))
	second := first
	changed := formula("overdue_rate", regime.UnitPPM, "ratio_ppm(overdue_balance_minor(0), balance_minor)")
	changed.Version = 2
	second.ID, second.EffectiveFrom, second.Reporting = "reports-2", day("2016-03-01"), &regime.Reporting{Formulas: []regime.Formula{changed}}
	for _, p := range []*regime.Pack{&first, &second} {
		p.Approvals = []regime.Approval{{Member: "authority", Kind: party.Regulator}, {Member: "meridian", Kind: party.Custodian}}
	}
	february := harbor()
	february.On = day("2016-02-29")
	february.Overdue, february.Unpaid = []portfolio.Overdue{{DueOn: day("2016-02-28"), Loans: 1, OutstandingMinor: 60_000}}, []portfolio.Due{{On: day("2016-02-28"), PrincipalMinor: 3_000}}
	said := func(packs []regime.Pack, s portfolio.Standing) (version int, value int64, pack string) {
		t.Helper()
		inForce, ok := regime.ReportingOn(packs, s.On)
		if !ok {
			t.Fatalf("no pack on %s", s.On)
		}
		d, err := disclosure.Compute([]portfolio.Standing{s}, disclosure.MonthOf(s.On), inForce)
		if err != nil {
			t.Fatal(err)
		}
		return d.Indicators[0].Version, *d.Indicators[0].Value, d.Regime
	}
	both := []regime.Pack{first, second}
	for _, tested := range []struct {
		packs   []regime.Pack
		s       portfolio.Standing
		version int
		value   int64
	}{
		{[]regime.Pack{first}, february, 1, 10_000},
		{[]regime.Pack{first}, harbor(), 1, 43_333},
		{both, february, 1, 10_000},
		{both, harbor(), 2, 333_333},
	} {
		if version, value, pack := said(tested.packs, tested.s); version != tested.version || value != tested.value {
			t.Errorf("%s of %d packs: version %d says %d by %s, want version %d and %d", tested.s.On, len(tested.packs), version, value, pack, tested.version, tested.value)
		}
	}
}

func agreed(t *testing.T) disclosure.Disclosure {
	t.Helper()
	return compute(t, pack(
		formula("balance", regime.UnitMinor, "balance_minor"), formula("share", regime.UnitPPM, "ratio_ppm(largest_minor, balance_minor)"),
		formula("nothing", regime.UnitPPM, "ratio_ppm(1, 0)"), formula("late", regime.UnitCount, "overdue_count(days)", regime.Figure{Name: "days", Value: 90}),
	), harbor())
}

// The bytes are golden: whoever anchored a digest must be able to show what it is of, years later.
func TestTheBytesAreFixed(t *testing.T) {
	raw, err := agreed(t).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", "disclosure.json")
	if *update {
		if err := os.WriteFile(path, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(raw, want) {
		t.Errorf("the canonical form is\n%s\nwant\n%s", raw, want)
	}
	read, err := disclosure.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if digest(t, read) != digest(t, agreed(t)) || len(disclosure.Compare(read, agreed(t))) != 0 {
		t.Error("what was read is not what was written")
	}
}

func TestParseIsStrict(t *testing.T) {
	raw, err := agreed(t).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	whole := string(raw)
	for what, spoilt := range map[string]string{
		"nothing":               "",
		"no object":             "[]",
		"two of them":           whole + whole,
		"spaces":                " " + whole,
		"a member more":         strings.Replace(whole, `{"closings"`, `{"and":"1","closings"`, 1),
		"a member twice":        strings.Replace(whole, `"platform":"harbor"`, `"platform":"harbor","platform":"harbor"`, 1),
		"a member in capitals":  strings.Replace(whole, `"platform"`, `"Platform"`, 1),
		"a number":              strings.Replace(whole, `"value":"300000"`, `"value":300000`, 1),
		"a number with zeros":   strings.Replace(whole, `"value":"300000"`, `"value":"0300000"`, 1),
		"a fraction":            strings.Replace(whole, `"value":"300000"`, `"value":"300000.0"`, 1),
		"another form":          strings.Replace(whole, `,"version":"1"}`, `,"version":"2"}`, 1),
		"no platform":           strings.Replace(whole, `"harbor"`, `""`, 1),
		"a close out of period": strings.Replace(whole, "2016-03-31", "2016-04-01", 1),
		"another period":        strings.Replace(whole, `"2016-03"`, `"2016-13"`, 1),
		"an indicator twice":    strings.Replace(whole, `"id":"share"`, `"id":"balance"`, 1),
		"too long":              whole + strings.Repeat(" ", 1<<20),
		"a text for a platform": strings.Replace(whole, `"harbor"`, `"harbor, and Zhang San"`, 1),
		"a text for a regime":   strings.Replace(whole, `"regime":"reports"`, `"regime":"as we like"`, 1),
		"no digest":             strings.Replace(whole, `"regime_digest":"`, `"regime_digest":"x`, 1),
		"a text for a bank":     strings.Replace(whole, `"meridian"`, `"`+strings.Repeat("m", 65)+`"`, 1),
		"a long id":             strings.Replace(whole, `"id":"share"`, `"id":"`+strings.Repeat("x", 40_000)+`"`, 1),
		"a name for an id":      strings.Replace(whole, `"id":"share"`, `"id":"owed by 张三"`, 1),
		"long words":            strings.Replace(whole, `"en":"share"`, `"en":"`+strings.Repeat("x", 201)+`"`, 1),
		"a long source":         strings.Replace(whole, `"source":"made up`, `"source":"`+strings.Repeat("x", 501)+` made up`, 1),
		"a unit of its own":     strings.Replace(whole, `"unit":"ppm"`, `"unit":"names"`, 1),
		"a fee for nobody":      strings.Replace(whole, `"payee":"platform"`, `"payee":"platform of 张三"`, 1),
		"a fee on a text":       strings.Replace(whole, `"basis":"interest"`, `"basis":"interests"`, 1),
	} {
		if what != "nothing" && spoilt == whole {
			t.Fatalf("%s: the test spoils nothing", what)
		}
		if d, err := disclosure.Parse([]byte(spoilt)); !errors.Is(err, disclosure.ErrForm) {
			t.Errorf("%s: %+v, %v", what, d, err)
		}
	}
}

// A disclosure has room for what packs name, and for no book of invented figures.
func TestIndicatorsAreBounded(t *testing.T) {
	d := agreed(t)
	for n := range 201 - len(d.Indicators) {
		d.Indicators = append(d.Indicators, disclosure.Indicator{ID: fmt.Sprintf("invented_%d", n), Version: 1, Unit: regime.UnitCount})
	}
	for _, c := range []struct {
		most int
		want bool
	}{{200, true}, {201, false}} {
		said := d
		said.Indicators = d.Indicators[:c.most]
		raw, err := said.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := disclosure.Parse(raw); (err == nil) != c.want {
			t.Errorf("%d indicators: %v", c.most, err)
		}
	}
}

func TestDifferences(t *testing.T) {
	two, three := int64(2), int64(3)
	for _, tested := range []struct {
		what  string
		spoil func(*disclosure.Disclosure)
		want  []string
	}{
		{"nothing", func(*disclosure.Disclosure) {}, nil},
		{"a figure", func(d *disclosure.Disclosure) { d.Indicators[0].Value = &two }, []string{"indicator balance: stated 2, computed 300000"}},
		{"a figure that is not known", func(d *disclosure.Disclosure) { d.Indicators[2].Value = &three }, []string{"indicator nothing: stated 3, computed unknown"}},
		{"a figure held back", func(d *disclosure.Disclosure) { d.Indicators[3].Value = nil }, []string{"indicator late: stated unknown, computed 1"}},
		{"a unit", func(d *disclosure.Disclosure) { d.Indicators[0].Unit = regime.UnitCount }, []string{"indicator balance: stated 300000, computed 300000"}},
		{"one left out", func(d *disclosure.Disclosure) { d.Indicators = d.Indicators[:3] }, []string{"indicator late: stated absent, computed 1"}},
		{"one of its own", func(d *disclosure.Disclosure) {
			d.Indicators = append(d.Indicators, disclosure.Indicator{ID: "glory", Value: &two})
		}, []string{"indicator glory: stated 2, computed absent"}},
		{"the order alone", func(d *disclosure.Disclosure) { slices.Reverse(d.Indicators) }, nil},
		{"a formula", func(d *disclosure.Disclosure) { d.Indicators[0].Version = 2 }, []string{
			"formula_version balance: stated 2, balance, 指标 balance, made up for the tests, computed 1, balance, 指标 balance, made up for the tests",
		}},
		{"the platform", func(d *disclosure.Disclosure) { d.Platform = "lantern" }, []string{"heading platform: stated lantern, computed harbor"}},
		{"the close", func(d *disclosure.Disclosure) { d.Closings[0].On-- }, []string{"heading closings: stated meridian 2016-03-30, computed meridian 2016-03-31"}},
		{"the regime", func(d *disclosure.Disclosure) { d.Regime = "mine" }, []string{"heading regime: stated mine, computed reports"}},
		{"a fee", func(d *disclosure.Disclosure) { d.FeeStandards[0].Loans = 1 }, []string{"fee_standard custodian/flat/20: stated 1, computed 2"}},
		{"a fee kept back", func(d *disclosure.Disclosure) { d.FeeStandards = d.FeeStandards[:1] }, []string{"fee_standard platform/interest/10000: stated absent, computed 5"}},
		{"a fee of its own", func(d *disclosure.Disclosure) { d.FeeStandards[1].PPM = 9 }, []string{
			"fee_standard platform/interest/9: stated 5, computed absent", "fee_standard platform/interest/10000: stated absent, computed 5",
		}},
	} {
		stated := agreed(t)
		tested.spoil(&stated)
		var got []string
		for _, d := range disclosure.Compare(stated, agreed(t)) {
			got = append(got, d.String())
		}
		if !slices.Equal(got, tested.want) {
			t.Errorf("%s: %q, want %q", tested.what, got, tested.want)
		}
	}
}

func TestPeriods(t *testing.T) {
	for text, want := range map[string]disclosure.Period{
		"2016-02": {From: day("2016-02-01"), To: day("2016-02-29")}, "2016-02-29": {From: day("2016-02-29"), To: day("2016-02-29")},
	} {
		if got := period(t, text); got != want || got.String() != text {
			t.Errorf("%s is %v to %v, written %s", text, got.From, got.To, got)
		}
	}
	for _, text := range []string{"", "2016", "2016-2", "2016-13", "2015-02-29", "2016-02-29-01", "2016-Q1", "16-02"} {
		if p, err := disclosure.ParsePeriod(text); err == nil {
			t.Errorf("%q was taken for %s", text, p)
		}
	}
	if got := period(t, "2016-12").Next().String(); got != "2017-01" {
		t.Errorf("after December comes %s", got)
	}
	if got := period(t, "2016-02-29").Next().String(); got != "2016-03-01" {
		t.Errorf("after the 29th comes %s", got)
	}
	// The Qingming holiday of 2016 was Monday, 4 April: five working days after March end on Friday the 8th.
	holidays := calendar.NewHolidays([]calendar.Date{day("2016-04-04")}, nil)
	if due := period(t, "2016-03").DueOn(5, holidays); due != day("2016-04-08") {
		t.Errorf("March is due on %s", due)
	}
}
