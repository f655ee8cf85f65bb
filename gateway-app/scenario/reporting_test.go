package scenario_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/alert"
	"github.com/tallystick/tallystick/gateway-app/disclosure"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/portfolio"
	"github.com/tallystick/tallystick/gateway-app/scenario"
	"github.com/tallystick/tallystick/gateway-app/submission"
	"github.com/tallystick/tallystick/gateway-app/warning"
)

// wanted are the indicators that the guidelines on disclosure name, in their words. Fee standards are a list and no
// formula: every disclosure has them.
var wanted = []string{
	"累计借贷金额", "累计借贷笔数", "借贷余额", "借贷余额笔数", "利息余额", "累计出借人数量", "累计借款人数量", "当期出借人数量", "当期借款人数量",
	"前十大借款人待还金额占比", "最大单一借款人待还金额占比", "关联关系借款余额", "关联关系借款笔数", "逾期金额", "逾期笔数",
	"逾期90天（不含）以上金额", "逾期90天（不含）以上笔数", "累计代偿金额", "累计代偿笔数", "项目逾期率", "金额逾期率",
}

func TestTheShippedPackIsInOrder(t *testing.T) {
	pack := scenario.Reporting().Pack()
	supervisor := party.Actor{Member: "authority", Kind: party.Regulator, Role: party.Supervisor}
	if _, err := regime.Decide(regime.Pack{}, regime.Propose{Pack: pack, Actor: supervisor}); err != nil {
		t.Fatal(err)
	}
	var named []string
	for _, f := range pack.Reporting.Formulas {
		named = append(named, f.Words.ZH)
		if _, err := disclosure.CompileFormula(f); err != nil {
			t.Error(err)
		}
	}
	for _, a := range pack.Reporting.Alerts {
		if _, err := alert.CompileRule(a); err != nil {
			t.Error(err)
		}
	}
	for _, w := range pack.Reporting.Warnings {
		if _, err := warning.Compile(w); err != nil {
			t.Error(err)
		}
	}
	for _, d := range pack.Reporting.Deadlines {
		if _, err := submission.CompileDeadline(d); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(named, wanted) {
		t.Errorf("the indicators are %v, want %v", named, wanted)
	}
}

// validations are the compiled rules for a submitted disclosure. Those for a loan book compile too.
func validations(t *testing.T) []*expression.Program {
	t.Helper()
	pack := scenario.Reporting()
	var programs []*expression.Program
	for _, v := range pack.Reporting.Validations {
		p, err := submission.CompileValidation(v, pack.Reporting.Formulas)
		if err != nil {
			t.Fatal(err)
		}
		if v.Report == submission.Disclosure {
			programs = append(programs, p)
		}
	}
	return programs
}

// standing is a platform in which each indicator has a value.
func standing() portfolio.Standing {
	on := calendar.NewDate(2016, 3, 31)
	return portfolio.Standing{
		Platform: "harbor", Custodian: "meridian", On: on,
		Lent: portfolio.Amount{Loans: 9, AmountMinor: 900_000}, Balance: portfolio.Amount{Loans: 6, AmountMinor: 400_000},
		Interest: portfolio.Amount{Loans: 6, AmountMinor: 20_000}, Borrowers: 8, BorrowersCurrent: 5, Lenders: 30, LendersCurrent: 20,
		LargestMinor: []money.Minor{100_000, 90_000}, Related: portfolio.Amount{Loans: 1, AmountMinor: 40_000},
		Compensated: portfolio.Amount{Loans: 1, AmountMinor: 9_000},
		Overdue: []portfolio.Overdue{
			{DueOn: on.AddDays(-100), Loans: 1, OutstandingMinor: 60_000}, {DueOn: on.AddDays(-5), Loans: 2, OutstandingMinor: 80_000},
		},
		Unpaid: []portfolio.Due{
			{On: on.AddDays(-100), PrincipalMinor: 8_000, InterestMinor: 700}, {On: on.AddDays(-5), PrincipalMinor: 9_000, InterestMinor: 800},
		},
	}
}

// A disclosure that was computed breaks no rule, also of a platform that never lent; a planted figure breaks the rule
// that is about it.
func TestTheShippedValidations(t *testing.T) {
	programs := validations(t)
	empty := portfolio.Standing{Platform: "lantern", Custodian: "meridian", On: standing().On}
	for _, s := range []portfolio.Standing{standing(), empty} {
		if broken := broken(t, programs, indicators(t, s)); len(broken) > 0 {
			t.Errorf("the disclosure of %s breaks %v", s.Platform, broken)
		}
	}
	for _, planted := range []struct {
		indicator string
		value     int64
		want      string
	}{
		{"interest_balance", -1, "nothing_negative"},
		{"top_ten_share", 1_000_001, "shares_in_range"},
		{"amount_overdue_rate", -1, "rates_in_range"},
		{"project_overdue_rate", 1_000_001, "rates_in_range"},
		{"largest_share", 999_999, "largest_within_top_ten"},
		{"cumulative_amount", 399_999, "balance_within_cumulative"},
		{"current_lenders", 31, "current_within_cumulative"},
		{"current_borrowers", 7, "borrowers_within_loans"},
		{"related_balance", 400_001, "related_within_balance"},
		{"overdue_loans", 7, "overdue_within_owed"},
		{"overdue_90_amount", 18_501, "overdue_90_within_overdue"},
		{"compensated_loans", 10, "compensated_within_loans"},
		{"overdue_amount", 0, "amount_with_count"},
	} {
		values := indicators(t, standing())
		values[planted.indicator] = planted.value
		if got := broken(t, programs, values); !slices.Contains(got, planted.want) {
			t.Errorf("%s of %d breaks %v, want %s", planted.indicator, planted.value, got, planted.want)
		}
	}
}

// A line that cannot be breaks the rule that is about it.
func TestTheShippedRulesForLoanBooks(t *testing.T) {
	pack := scenario.Reporting()
	compiled := func(scope string) (programs []*expression.Program) {
		for _, v := range pack.Reporting.Validations {
			if v.Report != submission.LoanBook || v.Scope != scope {
				continue
			}
			p, err := submission.CompileValidation(v, nil)
			if err != nil {
				t.Fatal(err)
			}
			programs = append(programs, p)
		}
		return programs
	}
	line := func(status string, principal, outstanding, days int64) map[string]any {
		return map[string]any{"status": status, "principal_minor": principal, "outstanding_minor": outstanding, "overdue_days": days}
	}
	book := func(lines, overdue, principal, outstanding int64) map[string]any {
		return map[string]any{"lines": lines, "overdue_lines": overdue, "principal_minor": principal, "outstanding_minor": outstanding}
	}
	for _, tested := range []struct {
		scope  string
		values map[string]any
		want   []string
	}{
		{regime.ScopeLine, line("active", 100, 100, 0), nil},
		{regime.ScopeLine, line("active", 100, 60, 31), nil},
		{regime.ScopeLine, line("repaid", 100, 0, 0), nil},
		{regime.ScopeLine, line("written_off", 100, 60, 120), nil},
		{regime.ScopeLine, line("written_off", 100, 0, 0), nil},
		{regime.ScopeLine, line("active", 100, 101, 0), []string{"line_owes_within_lent"}},
		{regime.ScopeLine, line("active", 0, 0, 0), []string{"line_lent"}},
		{regime.ScopeLine, line("active", 100, 0, 3), []string{"line_overdue_runs"}},
		{regime.ScopeLine, line("proposed", 100, 100, 0), []string{"line_disbursed"}},
		{regime.ScopeLine, line("repaid", 100, 1, 0), []string{"line_repaid_owes_nothing"}},
		{regime.ScopeLine, line("written_off", 100, 60, 0), []string{"line_written_off_late"}},
		{regime.ScopeSubmission, book(2, 1, 200, 160), nil},
		{regime.ScopeSubmission, book(0, 0, 0, 0), nil},
		{regime.ScopeSubmission, book(2, 3, 200, 160), []string{"book_owes_within_lent"}},
		{regime.ScopeSubmission, book(2, 1, 200, 201), []string{"book_owes_within_lent"}},
	} {
		if got := broken(t, compiled(tested.scope), tested.values); !slices.Equal(got, tested.want) {
			t.Errorf("%v breaks %v, want %v", tested.values, got, tested.want)
		}
	}
}

func indicators(t *testing.T, s portfolio.Standing) map[string]any {
	t.Helper()
	d, err := disclosure.Compute([]portfolio.Standing{s}, disclosure.MonthOf(s.On), scenario.Reporting().Pack())
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for _, i := range d.Indicators {
		values[i.ID] = nil
		if i.Value != nil {
			values[i.ID] = *i.Value
		}
	}
	return values
}

func broken(t *testing.T, programs []*expression.Program, values map[string]any) []string {
	t.Helper()
	var ids []string
	for _, p := range programs {
		holds, err := p.Bool(values)
		if err != nil && !strings.Contains(err.Error(), expression.ErrUnknown.Error()) {
			t.Fatal(err)
		}
		if err == nil && !holds {
			ids = append(ids, p.Rule().ID)
		}
	}
	return ids
}
