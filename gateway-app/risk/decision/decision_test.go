package decision_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/risk/dataset"
	"github.com/tallystick/tallystick/gateway-app/risk/decision"
	"github.com/tallystick/tallystick/gateway-app/risk/rules"
)

// table is the loans that ship with the project.
func table(t testing.TB) *dataset.Table {
	t.Helper()
	schema, err := dataset.Shipped("lending_club")
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(filepath.Join("..", "..", "demo", "data", "loans.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	figures, err := dataset.Load(file, schema)
	if err != nil {
		t.Fatal(err)
	}
	return figures
}

var (
	once   sync.Once
	models decision.Models
)

// trained are the models that the test network begins with, made once.
func trained(t testing.TB) decision.Models {
	t.Helper()
	once.Do(func() {
		var err error
		if models, err = decision.TrainDefault(table(t), decision.DefaultOptions()); err != nil {
			t.Fatal(err)
		}
	})
	return models
}

// ruleSet is the test network's, changed by whoever asks.
func ruleSet(t testing.TB, change func(*rules.File)) *rules.Set {
	t.Helper()
	var file rules.File
	if err := json.Unmarshal(rules.TestNetwork(), &file); err != nil {
		t.Fatal(err)
	}
	change(&file)
	text, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Compile(text)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func engine(t testing.TB) *decision.Engine {
	t.Helper()
	set, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		t.Fatal(err)
	}
	e, err := trained(t).Engine(set)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

var salt = []byte("sixteen bytes, and then some")

// applicant is a row as an application; what is protected, and the price, stays behind.
func applicant(schema *dataset.Schema, t *dataset.Table, row int) decision.Inputs {
	record := t.Record(row)
	fields := dataset.NewReader(schema).Object(record)
	for _, c := range schema.Columns {
		if c.Protected || c.Price {
			delete(fields, c.Name)
		}
	}
	amount, _ := schema.Index("funded_amnt")
	months, _ := schema.Index("term_months")
	return decision.NewInputs("application-1", money.Minor(record[amount].Number*100), int(record[months].Number), fields, nil)
}

// good is an applicant whom everybody would lend to.
func good() decision.Inputs {
	fields := map[string]json.RawMessage{}
	for name, value := range map[string]string{
		"funded_amnt": "5000", "term": `"term_36"`, "verification_status": `"Not_Verified"`, "annual_inc": "90000",
		"emp_length": `"emp_ge_10"`, "delinq_2yrs": "0", "inq_last_6mths": "0", "revol_util": "12", "acc_now_delinq": "0",
		"open_il_6m": "1", "open_il_12m": "0", "open_il_24m": "0", "total_bal_il": "4000", "all_util": "30", "inq_fi": "0",
		"inq_last_12m": "0", "delinq_amnt": "0", "num_il_tl": "9", "total_il_high_credit_limit": "30000",
	} {
		fields[name] = json.RawMessage(value)
	}
	return decision.NewInputs("application-1", 500_000, 36, fields, nil)
}

// with is an application with one field changed; an empty value takes it out.
func with(in decision.Inputs, name, value string) decision.Inputs {
	in.Fields = maps.Clone(in.Fields)
	in.Fields[name] = json.RawMessage(value)
	if value == "" {
		delete(in.Fields, name)
	}
	return in
}

func signalled(in decision.Inputs, name, value string) decision.Inputs {
	in.Signals = map[string]json.RawMessage{name: json.RawMessage(value)}
	return in
}

func decide(t testing.TB, e *decision.Engine, in decision.Inputs) decision.Decision {
	t.Helper()
	d, err := e.Decide(in, salt)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWhatIsApprovedFailsLessThanWhatIsReferredAndThatLessThanWhatIsRefused(t *testing.T) {
	e, figures := engine(t), table(t)
	decided, bad := map[rules.Outcome]int{}, map[rules.Outcome]int{}
	for row := 0; row < figures.Rows(); row += 4 {
		d := decide(t, e, applicant(e.Schema(), figures, row))
		decided[d.Outcome]++
		if figures.Bad()[row] {
			bad[d.Outcome]++
		}
		if d.Outcome != rules.Approve && len(d.Reasons) == 0 {
			t.Errorf("row %d was not approved, for no reason", row)
		}
		sum := d.BasePoints
		for _, part := range d.Parts {
			sum += part.Points
		}
		if sum != d.ModelPoints {
			t.Errorf("row %d: base and parts are %d points, the score is %d", row, sum, d.ModelPoints)
		}
		if (d.Outcome == rules.Refuse) != (d.LimitMinor == 0) {
			t.Errorf("row %d: %s with a limit of %d", row, d.Outcome, d.LimitMinor)
		}
	}
	t.Log(decided, bad)
	share := func(o rules.Outcome) float64 { return float64(bad[o]) / float64(decided[o]) }
	if a, b, c := share(rules.Approve), share(rules.Refer), share(rules.Refuse); !(a < b && b < c) {
		t.Errorf("of approved, referred and refused %.3f, %.3f and %.3f failed; want them to rise", a, b, c)
	}
}

func TestOneApplicant(t *testing.T) {
	e := engine(t)
	cases := []struct {
		name    string
		in      decision.Inputs
		outcome rules.Outcome
		reason  string // that must be told
	}{
		{"a good one is approved", good(), rules.Approve, ""},
		{"one who is overdue is refused", with(with(good(), "acc_now_delinq", "1"), "delinq_amnt", "2000"), rules.Refuse, "overdue_now"},
		{"one who asks for too much is referred", with(good(), "annual_inc", "5000"), rules.Refer, "limit"},
		{"one of whom nobody knows the income is referred", with(good(), "annual_inc", ""), rules.Refer, "income_unknown"},
		{"a device of many is refused", signalled(good(), "device_identities", "4"), rules.Refuse, "device"},
		{"a device of two is referred", signalled(good(), "device_identities", "2"), rules.Refer, "device"},
		{"a friend of defaulters is referred", signalled(good(), "contacts_defaulted", "1"), rules.Refer, "contacts"},
		{"the first money after a change is referred", signalled(good(), "first_draw_after_change", "true"), rules.Refer, "recent_change"},
		{"the tenth in an hour is refused", signalled(good(), "device_applications_hour", "10"), rules.Refuse, "velocity"},
		{"what is not told is not held against anybody", signalled(good(), "form_seconds", "-1"), rules.Approve, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := decide(t, e, c.in)
			if d.Outcome != c.outcome {
				t.Fatalf("got %s for %v, want %s", d.Outcome, d.Reasons, c.outcome)
			}
			var codes []string
			for _, r := range d.Reasons {
				codes = append(codes, r.Code)
				if r.ZH == "" || r.EN == "" {
					t.Errorf("reason %s lacks a language", r.Code)
				}
			}
			if c.reason != "" && !strings.Contains(strings.Join(codes, " "), c.reason) {
				t.Errorf("the reasons are %v, want %s among them", codes, c.reason)
			}
			if d.Review.ZH == "" || d.Review.EN == "" {
				t.Error("nobody is told of the right to a person")
			}
		})
	}
}

func TestThinFilesAreTakenForTheAverageWithAMargin(t *testing.T) {
	e := engine(t)
	d := decide(t, e, decision.NewInputs("application-1", 300_000, 36, map[string]json.RawMessage{"funded_amnt": json.RawMessage("3000")}, nil))
	if !d.ThinFile || d.Outcome != rules.Refer || d.Reasons[len(d.Reasons)-1].Code == "" {
		t.Fatalf("got %s, thin %v", d.Outcome, d.ThinFile)
	}
	// 517 of 9,857 loans failed: 52,450 ppm, and half of it on top is 78,675. The next whole point is below that.
	if d.ProbabilityPPM > 78_675 || d.ProbabilityPPM < 77_000 {
		t.Errorf("the probability is %d ppm, want the average with its margin, 78,675, to a point", d.ProbabilityPPM)
	}
	if d.LimitMinor > 500_000 {
		t.Errorf("the limit is %d where no income is known, want at most 500,000", d.LimitMinor)
	}
}

func TestARuleLiftsWhatTheScoreWouldReferAndNeverWhatItRefuses(t *testing.T) {
	for _, c := range []struct {
		refer, refuse int64
		want          rules.Outcome
	}{{0, 1_000_000, rules.Approve}, {0, 1, rules.Refuse}} {
		set := ruleSet(t, func(f *rules.File) {
			f.Operating.ReferBeyond, f.Operating.RefuseBeyond = c.refer, c.refuse
			f.Rules = []rules.Rule{{ID: "known_customer", When: "annual_inc > 1.0", Then: rules.Approve, Reason: f.Operating.Reason}}
		})
		e, err := trained(t).Engine(set)
		if err != nil {
			t.Fatal(err)
		}
		if d := decide(t, e, good()); d.Outcome != c.want {
			t.Errorf("refer beyond %d, refuse beyond %d: got %s, want %s", c.refer, c.refuse, d.Outcome, c.want)
		}
	}
}

func TestWhatARuleCannotComputeAPersonDecides(t *testing.T) {
	set := ruleSet(t, func(f *rules.File) {
		f.Rules = []rules.Rule{{ID: "share", When: "contacts_defaulted / contacts_given > 0", Then: rules.Refuse, Reason: f.Operating.Reason}}
	})
	e, err := trained(t).Engine(set)
	if err != nil {
		t.Fatal(err)
	}
	if d := decide(t, e, good()); d.Outcome != rules.Refer || len(d.Failed) != 1 || len(d.Fired) != 0 {
		t.Errorf("got %s, fired %v, failed %v; want it referred", d.Outcome, d.Fired, d.Failed)
	}
}

func TestADecisionWithoutAChallenger(t *testing.T) {
	set, err := rules.Compile(rules.TestNetwork())
	if err != nil {
		t.Fatal(err)
	}
	e, err := decision.New(trained(t).ScorecardFile, nil, set)
	if err != nil {
		t.Fatal(err)
	}
	d := decide(t, e, good())
	if d.Challenger != "" || d.ChallengerPPM != 0 || len(d.ChallengerParts) != 0 || d.Outcome != rules.Approve {
		t.Errorf("got challenger %q, %d ppm, %d parts, %s", d.Challenger, d.ChallengerPPM, len(d.ChallengerParts), d.Outcome)
	}
}

func TestInputsThatAreRefused(t *testing.T) {
	e := engine(t)
	cases := []struct {
		in     decision.Inputs
		salt   []byte
		reason string
	}{
		{with(good(), "addr_state", `"CA"`), salt, "field addr_state is protected"},
		{with(good(), "gender", `"f"`), salt, "field gender is protected"},
		{with(good(), "applicantAge", `30`), salt, "field applicantAge is protected"},
		{with(good(), "Class", `"good"`), salt, "field Class is the outcome"},
		{with(good(), "shoe_size", `43`), salt, "shoe_size"},
		{with(good(), "annual_inc", `"much"`), salt, "field annual_inc"},
		{with(good(), "annual_inc", `-1`), salt, "outside 0"},
		{with(good(), "loan_to_income", `0.1`), salt, "loan_to_income"},
		{signalled(good(), "horoscope", `1`), salt, "declares no signals horoscope"},
		{signalled(good(), "sex", `"m"`), salt, "no rule may look at sex"},
		{signalled(good(), "form_seconds", `1.5`), salt, "no whole number"},
		{good(), salt[:8], "the salt has 8 bytes"},
		{decision.Inputs{Version: 2, Application: "a", AmountMinor: 1, TermMonths: 1}, salt, "version is 2"},
		{decision.NewInputs("", 1, 1, nil, nil), salt, "application is empty"},
		{decision.NewInputs("a", 0, 1, nil, nil), salt, "amount_minor"},
		{decision.NewInputs("a", 1, 0, nil, nil), salt, "term_months"},
	}
	for _, c := range cases {
		if _, err := e.Decide(c.in, c.salt); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("got %v, want %q", err, c.reason)
		}
	}
	var protected dataset.ProtectedError
	if err := e.Check(with(good(), "addr_state", `"CA"`)); !errors.As(err, &protected) {
		t.Errorf("a protected field is refused with %v, want a ProtectedError", err)
	}
}

func TestRulesThatReadWhatTheyMustNotMakeNoEngine(t *testing.T) {
	variable := func(name string, kind rules.Type, value string) func(*rules.File) {
		return func(f *rules.File) {
			f.Variables = append(f.Variables, rules.Variable{Name: name, Type: kind, From: rules.FromApplicant, Default: json.RawMessage(value)})
		}
	}
	for _, c := range []struct {
		change func(*rules.File)
		reason string
	}{
		{variable("addr_state", rules.TextType, `""`), "field addr_state is protected"},
		{variable("shoe_size", rules.NumberType, `0`), "no field shoe_size"},
		{variable("term", rules.NumberType, `0`), "variable term is a number, the schema's field is a category"},
	} {
		if _, err := trained(t).Engine(ruleSet(t, c.change)); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("got %v, want %q", err, c.reason)
		}
	}
}

// The commitment is computed here from the canonical text as RFC 8785 writes it: names in order, no blanks.
func TestTheCommitmentIsTheHashOfSaltAndCanonicalInputs(t *testing.T) {
	in := decision.NewInputs("a", 500_000, 36, map[string]json.RawMessage{
		"term": json.RawMessage(` "term_36" `), "annual_inc": json.RawMessage("9.0e4"),
	}, nil)
	const text = `{"amount_minor":"500000","application":"a","fields":{"annual_inc":90000,"term":"term_36"},"term_months":36,"version":1}`
	if got, err := in.Canonical(); err != nil || string(got) != text {
		t.Fatalf("got %s, %v", got, err)
	}
	sum := sha256.Sum256(append([]byte("0123456789abcdef"), text...))
	d, err := engine(t).Decide(in, []byte("0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	if want := hex.EncodeToString(sum[:]); d.Commitment != want {
		t.Errorf("the commitment is %s, want %s", d.Commitment, want)
	}
}

func TestTrainingAndDecidingGiveTheSameBytesOnOneProcessor(t *testing.T) {
	first := trained(t)
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	second, err := decision.TrainDefault(table(t), decision.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first.ScorecardFile, second.ScorecardFile) || !bytes.Equal(first.ChallengerFile, second.ChallengerFile) {
		t.Error("one processor trains other models than two")
	}
	e := engine(t)
	a, err := decide(t, e, good()).Canonical()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := decide(t, e, good()).Canonical(); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the same application is decided as %s and as %s (%v)", a, b, err)
	}
}
