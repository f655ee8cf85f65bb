package warning

import (
	"fmt"
	"log/slog"
	"sync"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/expression"
)

// Variables are what a warning rule sees of a loan.
func Variables() []expression.Variable {
	return []expression.Variable{
		{Name: "probability_ppm", Type: expression.Int, Meaning: "of being overdue by more than 30 days within the next 90, in millionths"},
		{Name: "before_ppm", Type: expression.Int, Meaning: "the same at the refreshment before; the probability itself at the first"},
		{Name: "rise_ppm", Type: expression.Int, Meaning: "how far it has risen above the lowest since the money left"},
		{Name: "past_due_days", Type: expression.Int, Meaning: "for how long the oldest unpaid instalment has been due"},
		{Name: "outstanding_minor", Type: expression.Int, Meaning: "the principal that is owed"},
		{Name: "months_on_book", Type: expression.Int, Meaning: "instalments that have fallen due so far"},
		{Name: "term_months", Type: expression.Int, Meaning: "the length of the term"},
		{Name: "grade", Type: expression.Text, Meaning: "the platform's grade in the agreement; empty where it names none"},
	}
}

// Compile compiles one rule.
func Compile(r regime.Warning) (*expression.Program, error) {
	if days := r.Figure(quietFigure, defaultQuietDays); days < 0 || days > mostQuietDays {
		return nil, &expression.Error{
			Rule: r.ID, Problem: fmt.Sprintf("%s is %d", quietFigure, days), Remedy: fmt.Sprintf("let it be 0 to %d", mostQuietDays),
		}
	}
	return expression.Compile(r.Rule, Variables(), expression.Bool)
}

// rules are the warnings of one pack, compiled once.
type rules struct {
	mu       sync.Mutex
	digest   string
	compiled []rule
	failed   map[string]bool // rules of it whose failure was logged
}

type rule struct {
	regime.Warning
	program *expression.Program
}

// of answers the compiled rules of the pack in force on a day; none where there is no pack. One that does not compile,
// which a proposal is refused for, is logged and left out: it must not stop the others.
func (r *rules) of(packs []regime.Pack, on calendar.Date, logger *slog.Logger) (string, []rule, error) {
	pack, found := regime.ReportingOn(packs, on)
	if !found {
		return "", nil, nil
	}
	digest, err := wire.PackDigest(pack)
	if err != nil {
		return "", nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.digest == digest {
		return pack.ID, r.compiled, nil
	}
	var compiled []rule
	for _, w := range pack.Reporting.Warnings {
		program, err := Compile(w)
		if err != nil {
			logger.Error("a warning rule does not compile", "pack", pack.ID, "rule", w.ID, "error", err)
			continue
		}
		compiled = append(compiled, rule{w, program})
	}
	r.digest, r.compiled, r.failed = digest, compiled, map[string]bool{}
	return pack.ID, compiled, nil
}

// met evaluates a rule. What is not known meets none; a rule that fails is logged once and meets none.
func (r *rules) met(one rule, values map[string]any, logger *slog.Logger) bool {
	met, err := one.program.Met(values)
	if err == nil {
		return met
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.failed[one.ID] {
		r.failed[one.ID] = true
		logger.Error("a warning rule fails", "rule", one.ID, "version", one.Version, "error", err)
	}
	return false
}
