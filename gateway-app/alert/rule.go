package alert

import (
	"errors"
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// Variables are what rules of alerts see of the movement in hand.
func Variables() []expression.Variable {
	return []expression.Variable{
		{Name: "kind", Type: expression.Text, Meaning: "deposit, withdrawal, lent, disbursed, repaid, payout or refund"},
		{Name: "amount_minor", Type: expression.Int, Meaning: "the amount"},
		{Name: "crosses_bank", Type: expression.Bool, Meaning: "money came in or went out: every kind but lent"},
		{Name: "party_kind", Type: expression.Text, Meaning: "natural, legal or institution; not known of a party that was never attested"},
		{Name: "natural_person", Type: expression.Bool, Meaning: "the party is a natural person"},
		{Name: "new_payee", Type: expression.Bool, Meaning: "money goes to an account to which the party was never paid before"},
		{Name: "payee_days", Type: expression.Int, Meaning: "for how many days the account that is paid has been verified; not known of money that comes in"},
	}
}

// Functions are what rules look back with: over so many business dates up to and with the movement's own, the
// movement itself included, and over all parties that are one customer of the bank.
func Functions() []expression.Function {
	text, whole := expression.Text, expression.Int
	return []expression.Function{
		{Name: "sum_minor", Parameters: []expression.Type{text, whole}, Result: whole, Meaning: "sum_minor(kind, days): the customer's movements of a kind, added up"},
		{Name: "count", Parameters: []expression.Type{text, whole}, Result: whole, Meaning: "count(kind, days): how many there were"},
		{
			Name: "count_between_minor", Parameters: []expression.Type{text, whole, whole, whole}, Result: whole,
			Meaning: "count_between_minor(kind, low, high, days): how many of them were of at least low and at most high",
		},
		{
			Name: "new_payee_minor", Parameters: []expression.Type{whole, whole}, Result: whole,
			Meaning: "new_payee_minor(recent_days, days): withdrawals and payouts, added up, to accounts that were first paid to within the days, " +
				"and that took the place of another or had been verified at most recent_days before; 0 where the movement is none of them",
		},
	}
}

// CompileRule compiles a rule, or says what is wrong with it: its error is an *expression.Error.
func CompileRule(a regime.Alert) (*expression.Program, error) {
	if days := a.Figure(dueFigure, defaultDueDays); days < 1 || days > mostDueDays {
		return nil, &expression.Error{
			Rule: a.ID, Problem: fmt.Sprintf("%s is %d", dueFigure, days), Remedy: fmt.Sprintf("let it be 1 to %d", mostDueDays),
		}
	}
	return expression.Compile(a.Rule, Variables(), expression.Bool, expression.Functions(Functions()...))
}

// rule is a rule that is ready.
type rule struct {
	regime.Alert
	pack, digest string
	program      *expression.Program
}

// rulebook is what the packs say, on any day.
type rulebook struct {
	packs   []regime.Pack // for reports
	rules   map[string][]rule
	lending []regime.Pack // whose calendars count
}

// newRulebook compiles the packs' rules. One that does not compile is left out and named in the error; all others count.
func newRulebook(known []projection.Regime) (rulebook, error) {
	b := rulebook{rules: map[string][]rule{}}
	var wrong []error
	for _, r := range known {
		pack := r.State
		switch {
		case !r.Adopted: // the ledger's root does not list it
		case pack.AppliesTo == regime.NewLoans && pack.Adopted():
			b.lending = append(b.lending, pack)
		case pack.AppliesTo == regime.Reports && pack.Reporting != nil:
			rules, err := compileAll(pack, r.Digest)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("rules of alerts of pack %s: %w", pack.ID, err))
			}
			b.packs, b.rules[pack.ID] = append(b.packs, pack), rules
		}
	}
	return b, errors.Join(wrong...)
}

func compileAll(pack regime.Pack, digest string) ([]rule, error) {
	rules := make([]rule, 0, len(pack.Reporting.Alerts))
	var wrong []error
	for _, a := range pack.Reporting.Alerts {
		program, err := CompileRule(a)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		rules = append(rules, rule{a, pack.ID, digest, program})
	}
	return rules, errors.Join(wrong...)
}

// on answers the rules in force on a business date; none where no pack is.
func (b rulebook) on(date calendar.Date) []rule {
	pack, found := regime.ReportingOn(b.packs, date)
	if !found {
		return nil
	}
	return b.rules[pack.ID]
}

// dueFigure is the figure of a rule that says within how many working days after its day what it finds must be reported.
// A rule without it means the days of order 2016-3.
const (
	dueFigure      = "due_working_days"
	defaultDueDays = 5
	mostDueDays    = 60
)

// dueOn is the last day for a report of what a rule found on a date, by the calendar of the pack for loans that took
// effect last; of two on one day the later id's.
func (b rulebook) dueOn(r rule, date calendar.Date) calendar.Date {
	var latest regime.Pack
	for _, p := range b.lending {
		later := p.EffectiveFrom > latest.EffectiveFrom || p.EffectiveFrom == latest.EffectiveFrom && p.ID > latest.ID
		if p.EffectiveFrom <= date && later {
			latest = p
		}
	}
	holidays := latest.Rules.Calendar()
	for range r.Figure(dueFigure, defaultDueDays) {
		date = holidays.RollFollowing(date.AddDays(1))
	}
	return date
}

// values are a movement's variables.
func values(f facts) map[string]any {
	v := map[string]any{
		"kind": string(f.Kind), "amount_minor": int64(f.AmountMinor), "crosses_bank": f.Kind.crossesBank(),
		"party_kind": nil, "natural_person": nil, "new_payee": f.newPayee, "payee_days": nil,
	}
	if f.partyKind != "" {
		v["party_kind"], v["natural_person"] = string(f.partyKind), f.partyKind == party.Natural
	}
	if !f.verifiedOn.IsZero() {
		v["payee_days"] = int64(calendar.Days(f.verifiedOn, f.On))
	}
	return v
}

// facts are a movement with what the rules may ask of it.
type facts struct {
	Movement
	partyKind  party.Kind // empty where it is not known
	newPayee   bool
	verifiedOn calendar.Date // of the account that is paid
}
