package rules_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// file is the test network's rule set, changed.
func file(t testing.TB, change func(*rules.File)) []byte {
	t.Helper()
	var f rules.File
	if err := json.Unmarshal(rules.TestNetwork(), &f); err != nil {
		t.Fatal(err)
	}
	change(&f)
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func unchanged(*rules.File) {}

func compiled(t testing.TB, change func(*rules.File)) *rules.Set {
	t.Helper()
	set, err := rules.Compile(file(t, change))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// only makes a set of one rule.
func only(when string) func(*rules.File) {
	return func(f *rules.File) {
		f.Rules = []rules.Rule{{ID: "only", When: when, Then: rules.Refer, Reason: f.Operating.Reason}}
	}
}

func TestTheHashIsOfTheContentAndNotOfTheLayout(t *testing.T) {
	first := compiled(t, unchanged)
	shipped, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		t.Fatal(err)
	}
	if first.Hash() != shipped.Hash() {
		t.Error("the same rules in another layout have another hash")
	}
	second := compiled(t, func(f *rules.File) { f.Rules[0].When += " && true" })
	if first.Hash() == second.Hash() {
		t.Error("another rule has the same hash")
	}
	if again, err := rules.Compile(first.Canonical()); err != nil || again.Hash() != first.Hash() {
		t.Errorf("the canonical form compiles to another set (%v)", err)
	}
}

func TestExpressions(t *testing.T) {
	values := rules.Values{
		Points: 600, ProbabilityPPM: 40_000, ChallengerPPM: 90_000, LimitMinor: 100, AmountMinor: 101, TermMonths: 36, Grade: "C",
		Applicant: map[string]any{"annual_inc": 50_000.0},
		Signals:   map[string]json.RawMessage{"device_identities": json.RawMessage("3"), "emulated": json.RawMessage("true")},
	}
	cases := []struct {
		when  string
		fires bool
	}{
		{"amount_minor > limit_minor", true},
		{"annual_inc >= 50000.0 && annual_inc < 50001", true}, // numbers compare with whole numbers too
		{"device_identities > 3", false},
		{"emulated && device_identities == 3", true},
		{"challenger_ppm > 2 * probability_ppm", true},
		{"delinq_amnt > 0.0", false},       // not known: the default stands in
		{"profile_changed_days < 0", true}, // likewise
		{"amount_minor in [100, 101]", true},
	}
	for _, c := range cases {
		fired, err := compiled(t, only(c.when)).Evaluate(values)
		if err != nil || (len(fired) == 1) != c.fires {
			t.Errorf("%s: fired %v, %v; want %v", c.when, fired, err, c.fires)
		}
	}
}

func TestARuleThatCannotBeComputedRefers(t *testing.T) {
	for _, when := range []string{"amount_minor / device_identities > 3", "amount_minor * 9223372036854775807 > 3"} {
		set := compiled(t, func(f *rules.File) {
			only(when)(f)
			f.Rules[0].Then = rules.Approve
		})
		fired, err := set.Evaluate(rules.Values{AmountMinor: 100})
		if err != nil || len(fired) != 1 || !fired[0].Failed || fired[0].Then != rules.Refer {
			t.Errorf("%s: got %v, %v; want a failed rule that refers", when, fired, err)
		}
	}
}

// FuzzCompile looks for files that compile and then panic, or whose canonical form is another set.
func FuzzCompile(f *testing.F) {
	f.Add(rules.TestNetwork())
	f.Add(file(f, only("amount_minor > 3 ? emulated : device_identities in [1, 2]")))
	f.Add([]byte(`{"version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := rules.Compile(text)
		if err != nil {
			return
		}
		again, err := rules.Compile(set.Canonical())
		if err != nil || again.Hash() != set.Hash() {
			t.Fatalf("the canonical form has the hash %v, the file %s", err, set.Hash())
		}
		first, err := set.Evaluate(rules.Values{})
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.Evaluate(rules.Values{}); err != nil || !slices.Equal(first, second) {
			t.Fatalf("%v fired once, %v then (%v)", first, second, err)
		}
	})
}

func TestExpressionsThatAreRefused(t *testing.T) {
	cases := []struct {
		when   string
		column int
		reason string
	}{
		{"income > 3.0", 1, "undeclared reference to 'income'"},
		{"amount_minor > 3 && amount_minor", 21, "bool"},
		{"amount_minor", 1, "must be true or false"},
		{"amount_minor >", 15, "yntax error"},
		{"emulated > 'x'", 10, "no matching overload"},
		{"[1, 2].exists(i, i == amount_minor)", 14, "undeclared reference"}, // no macros, so nothing loops
		{strings.Repeat("emulated || ", 400) + "emulated", 0, "bytes, at most"},
	}
	for _, c := range cases {
		_, err := rules.Compile(file(t, only(c.when)))
		var wrong *rules.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%.40s: got %v, want %q", c.when, err, c.reason)
			continue
		}
		if wrong.Rule != "only" || wrong.Column != c.column {
			t.Errorf("%.40s: rule %s, column %d; want only, column %d (%v)", c.when, wrong.Rule, wrong.Column, c.column, err)
		}
	}
}

func TestWhatCouldRunLongIsRefused(t *testing.T) {
	_, err := rules.Compile(file(t, func(f *rules.File) {
		f.Variables = append(f.Variables, rules.Variable{
			Name: "purpose", Type: rules.TextType, From: rules.FromSignal, Default: json.RawMessage(`""`),
		})
		only(strings.Repeat(`purpose.matches("`+strings.Repeat("a*", 60)+`") || `, 25) + "emulated")(f)
	}))
	if err == nil || !strings.Contains(err.Error(), "steps, at most") {
		t.Errorf("got %v, want a refusal by cost", err)
	}
}

func TestRuleFilesThatAreRefused(t *testing.T) {
	cases := []struct {
		change func(*rules.File)
		reason string
	}{
		{func(f *rules.File) { f.Version = 2 }, "version is 2"},
		{func(f *rules.File) { f.Name = "" }, "a name and effective_from"},
		{func(f *rules.File) { f.Measure = "height" }, `measure "height"`},
		{func(f *rules.File) { f.Operating.RefuseBeyond = 1 }, "must not be worse than what is refused"},
		{func(f *rules.File) { f.Grades[2].RateToPPM = 250_000 }, "grade C: the price band"},
		{func(f *rules.File) { f.Grades[1].Bound = 10 }, "grade B must be worse than A"},
		{func(f *rules.File) { f.Grades[1].ProductRisk = 0 }, "product_risk 0"},
		{func(f *rules.File) { f.Grades[3].ProductRisk = 1 }, "not lower in product risk"},
		{func(f *rules.File) { f.Grades[0].RiskLevel = "none" }, "risk_level"},
		{func(f *rules.File) { f.Grades = f.Grades[:1] }, "1 grades"},
		{func(f *rules.File) { f.Rules[1].ID = f.Rules[0].ID }, "used twice"},
		{func(f *rules.File) { f.Rules[1].Then = "burn" }, `then is "burn"`},
		{func(f *rules.File) { f.Rules[1].Reason.ZH = "" }, "words in zh and en"},
		{func(f *rules.File) { f.ThinFile.LeastKnownPPM = -1 }, "thin_file"},
		{func(f *rules.File) { f.Income.Variable = "wealth" }, `"wealth" is no number of the applicant`},
		{func(f *rules.File) { f.Variables[0].Default = json.RawMessage("1") }, "always known"},
		{func(f *rules.File) { f.Variables[0].Name = "odds" }, "decision has no integer of this name"},
		{func(f *rules.File) { f.Variables[8].Default = nil }, "there is no value"},
		{func(f *rules.File) { f.Variables[9].Default = json.RawMessage("1.5") }, "no whole number"},
		{func(f *rules.File) { f.Variables[4].Name = "applicant_age" }, "no rule may look at age"},
		{func(f *rules.File) { f.Variables[4].Name = "isMarried" }, "no rule may look at married"},
	}
	for i, c := range cases {
		if _, err := rules.Compile(file(t, c.change)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("case %d: got %v, want %q", i, err, c.reason)
		}
	}
	for text, want := range map[string]string{`{"version":1,"colour":1}`: "unknown field", `{} {}`: "follows", `[`: "EOF"} {
		if _, err := rules.Compile([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestGradesOfPointsAndOfProbability(t *testing.T) {
	byProbability := compiled(t, unchanged)
	byPoints := compiled(t, func(f *rules.File) {
		f.Measure = rules.Points
		f.Operating.ReferBeyond, f.Operating.RefuseBeyond = 550, 500
		for i := range f.Grades {
			f.Grades[i].Bound = int64(700 - 50*i)
		}
	})
	for _, c := range []struct {
		points  int
		ppm     int64
		set     *rules.Set
		grade   string
		outcome rules.Outcome
	}{
		{0, 15_000, byProbability, "A", rules.Approve},
		{0, 15_001, byProbability, "B", rules.Approve},
		{0, 90_000, byProbability, "E", rules.Approve},
		{0, 90_001, byProbability, "E", rules.Refer},
		{0, 130_001, byProbability, "F", rules.Refuse},
		{0, 1_000_000, byProbability, "G", rules.Refuse},
		{700, 0, byPoints, "A", rules.Approve},
		{699, 0, byPoints, "B", rules.Approve},
		{549, 0, byPoints, "E", rules.Refer},
		{499, 0, byPoints, "F", rules.Refuse},
		{-100, 0, byPoints, "G", rules.Refuse},
	} {
		if got := c.set.Grade(c.points, c.ppm).Grade; got != c.grade {
			t.Errorf("%d points, %d ppm: grade %s, want %s", c.points, c.ppm, got, c.grade)
		}
		if got := c.set.Operate(c.points, c.ppm); got != c.outcome {
			t.Errorf("%d points, %d ppm: %s, want %s", c.points, c.ppm, got, c.outcome)
		}
	}
}

// ¥35,000 a year at grade C allows 60 % of it, ¥21,000; ¥999.99 a year ¥599.99, rounded down from 599.994.
func TestLimits(t *testing.T) {
	set := compiled(t, unchanged)
	c := set.File().Grades[2]
	for _, l := range []struct {
		income float64
		known  bool
		limit  money.Minor
	}{{35_000, true, 2_100_000}, {999.99, true, 59_999}, {1e9, true, c.LimitMinor}, {0, true, 0}, {35_000, false, 500_000}} {
		if got := set.Limit(c, l.income, l.known); got != l.limit {
			t.Errorf("income %v (%v): limit %d, want %d", l.income, l.known, got, l.limit)
		}
	}
}

func TestASetMustFitTheRegime(t *testing.T) {
	set := compiled(t, unchanged)
	for _, c := range []struct {
		rules  regime.Rules
		reason string
	}{
		{regime.Rules{RateCapPPM: 240_000, MaxPrincipal: 20_000_000}, ""},
		{regime.Rules{RateCapPPM: 150_000, MaxPrincipal: 20_000_000}, "caps rates at 240000"},
		{regime.Rules{RateCapPPM: 240_000, MaxPrincipal: 100}, "grade A: the limit"},
	} {
		err := set.CheckRegime(c.rules)
		if (err == nil) != (c.reason == "") || err != nil && !strings.Contains(err.Error(), c.reason) {
			t.Errorf("got %v, want %q", err, c.reason)
		}
	}
}

func TestTheGravestOutcomeCounts(t *testing.T) {
	list := []rules.Outcome{rules.Approve, rules.Refuse, rules.Refer}
	for range list {
		list = append(list[1:], list[0])
		var fired []rules.Fired
		for _, o := range list {
			fired = append(fired, rules.Fired{Then: o})
		}
		if got := rules.Gravest(fired); got != rules.Refuse {
			t.Errorf("of %v %s counts, want refuse", list, got)
		}
	}
	if got := rules.Gravest(nil); got != "" {
		t.Errorf("of nothing %q counts", got)
	}
}

func TestNamesThatSayWhatIsProtected(t *testing.T) {
	for name, want := range map[string]string{
		"age": "age", "AGE": "age", "personal_status_sex": "sex", "applicantAge": "age", "MARRIAGE": "marriage", "dob_year": "dob",
		"install_age_hours": "", "average_balance": "", "message": "", "mortgage": "", "essex": "", "性别": "性别", "annual_inc": "",
	} {
		if got := rules.ProtectedWord(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestShippedSetCoversEveryWayOfFraud(t *testing.T) {
	set := compiled(t, unchanged)
	var codes []string
	for _, r := range set.File().Rules {
		codes = append(codes, r.Reason.Code)
	}
	for _, code := range []string{"device", "velocity", "contacts", "recent_change"} {
		if !slices.Contains(codes, code) {
			t.Errorf("no rule gives the reason %s", code)
		}
	}
	if len(set.Signals()) == 0 || set.Applicant()["annual_inc"] != rules.NumberType {
		t.Errorf("signals %v, applicant %v", set.Signals(), set.Applicant())
	}
}

func Example() {
	set, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		fmt.Println(err)
		return
	}
	fired, err := set.Evaluate(rules.Values{
		AmountMinor: 500_000, LimitMinor: 2_000_000,
		Applicant: map[string]any{"annual_inc": 60_000.0},
		Signals:   map[string]json.RawMessage{"device_identities": json.RawMessage("5")},
	})
	fmt.Println(fired[0].Rule, fired[0].Then, fired[0].Reason.EN, err)
	// Output: device_ring refuse several applicants used the same device <nil>
}
