package submission

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/expression"
	"github.com/tallystick/tallystick/gateway-app/projection"
)

// workingDays is what a deadline may name.
const workingDays = "working_days"

// mostWorkingDays is the longest that a deadline may let a platform wait: more than a year.
const mostWorkingDays = 400

// DeadlineVariables are what a deadline may name.
func DeadlineVariables() []expression.Variable {
	return []expression.Variable{{
		Name: workingDays, Type: expression.Int, Meaning: "working days after the period's last day, up to the day looked at and with it",
	}}
}

// CompileDeadline compiles a rule that says until when a first statement is in time. One that is over before a working day
// has passed, or never, is an error of the pack. Whoever proposes a pack learns from it what is wrong.
func CompileDeadline(d regime.Deadline) (*expression.Program, error) {
	if d.Report != Disclosure {
		return nil, &expression.Error{
			Rule: d.ID, Problem: fmt.Sprintf("nobody must hand in a %q of every month", d.Report), Remedy: "name disclosure",
		}
	}
	program, err := expression.Compile(d.Rule, DeadlineVariables(), expression.Bool)
	if err != nil {
		return nil, err
	}
	_, err = daysAllowed(program)
	return program, err
}

// daysAllowed is the last working day after a period's end on which a rule lets a first statement be in time.
func daysAllowed(program *expression.Program) (int, error) {
	for days := range mostWorkingDays + 1 {
		inTime, err := program.Bool(map[string]any{workingDays: int64(days)})
		switch {
		case err != nil:
			return 0, err
		case !inTime && days <= 1:
			return 0, &expression.Error{
				Rule: program.Rule().ID, Problem: "no working day after the period's end is in time",
				Remedy: "let it be true of working_days from 0 to 1 at least",
			}
		case !inTime:
			return days - 1, nil
		}
	}
	return 0, &expression.Error{
		Rule: program.Rule().ID, Problem: fmt.Sprintf("it is still in time %d working days after the period's end", mostWorkingDays),
		Remedy: "let it be false of some working_days before",
	}
}

// allowedBy are the working days that a pack gives for a disclosure, the fewest where several rules say it, with the rule.
// A pack without a rule that compiles sets no deadline.
func allowedBy(pack regime.Pack) (days int, rule regime.Rule, set bool) {
	if pack.Reporting == nil {
		return 0, rule, false
	}
	for _, d := range pack.Reporting.Deadlines {
		program, err := CompileDeadline(d)
		if err != nil {
			continue
		}
		if allowed, err := daysAllowed(program); err == nil && (!set || allowed < days) {
			days, rule, set = allowed, d.Rule, true
		}
	}
	return days, rule, set
}

// holidaysOf are the days off by the packs for loans, a pack's own as long as it is the latest in force: a reporting pack
// has none.
func holidaysOf(known []projection.Regime) calendar.Holidays {
	var lending []regime.Pack
	for _, r := range known {
		if r.Adopted && r.State.AppliesTo == regime.NewLoans && r.State.Adopted() {
			lending = append(lending, r.State)
		}
	}
	slices.SortFunc(lending, func(a, b regime.Pack) int {
		return cmp.Or(cmp.Compare(a.EffectiveFrom, b.EffectiveFrom), cmp.Compare(a.ID, b.ID))
	})
	var closed, working []calendar.Date
	for i, pack := range lending {
		rules := func(on calendar.Date) bool {
			return on >= pack.EffectiveFrom && (i+1 == len(lending) || on < lending[i+1].EffectiveFrom)
		}
		for _, on := range pack.Rules.Holidays {
			if rules(on) {
				closed = append(closed, on)
			}
		}
		for _, on := range pack.Rules.WorkingWeekends {
			if rules(on) {
				working = append(working, on)
			}
		}
	}
	return calendar.NewHolidays(closed, working)
}

// workingDaysAfter counts the days after one, up to another and with it, on which banks work.
func workingDaysAfter(from, to calendar.Date, h calendar.Holidays) int64 {
	var days int64
	for on := from.AddDays(1); on <= to; on = on.AddDays(1) {
		if h.IsBusinessDay(on) {
			days++
		}
	}
	return days
}
