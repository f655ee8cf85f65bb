package submission

import (
	"context"
	"iter"
	"maps"
	"slices"
	"strconv"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/expression"
)

// own is what the regulator's read model says of a loan, and whether the platform's book has it.
type own struct {
	Line
	seen bool
}

// reconcile holds a loan book against the regulator's own lines, one by one, and against the rules of validation for
// lines and for the book as a whole.
func reconcile(ctx context.Context, stated iter.Seq2[Line, error], lines iter.Seq2[Line, error], rules *ruleSet, v *Verdict) error {
	held := map[string]*own{}
	for l, err := range lines {
		if err != nil {
			return err
		}
		held[l.Loan] = &own{Line: l}
	}
	var total bookTotal
	for l, err := range stated {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		total.add(l)
		v.Compared++
		compareLine(held, l, total.lines, v)
		rules.line(l, total.lines, v)
	}
	for _, id := range slices.Sorted(maps.Keys(held)) {
		if !held[id].seen {
			v.add(Finding{Rule: loanMissing, Loan: id, Computed: string(held[id].Status)})
		}
	}
	rules.whole(total.values(), v)
	return nil
}

// compareLine looks for what a line says otherwise than the ledger.
func compareLine(held map[string]*own, l Line, line int64, v *Verdict) {
	known := held[l.Loan]
	switch {
	case known == nil:
		v.add(Finding{Rule: loanUnknown, Line: line, Loan: l.Loan, Stated: string(l.Status)})
		return
	case known.seen:
		v.add(Finding{Rule: loanRepeated, Line: line, Loan: l.Loan})
		return
	}
	known.seen = true
	for _, field := range []struct{ name, stated, computed string }{
		{"status", string(l.Status), string(known.Status)},
		{"principal_minor", minor(l.PrincipalMinor), minor(known.PrincipalMinor)},
		{"outstanding_minor", minor(l.OutstandingMinor), minor(known.OutstandingMinor)},
		{"overdue_days", strconv.FormatInt(l.OverdueDays, 10), strconv.FormatInt(known.OverdueDays, 10)},
	} {
		if field.stated != field.computed {
			v.add(Finding{Rule: fieldDiffers, Line: line, Loan: l.Loan, Field: field.name, Stated: field.stated, Computed: field.computed})
		}
	}
}

func minor(m money.Minor) string { return strconv.FormatInt(int64(m), 10) }

// bookTotal is what the lines of a book come to.
type bookTotal struct {
	lines, overdue         int64
	principal, outstanding money.Minor
}

func (t *bookTotal) add(l Line) {
	t.lines++
	t.principal += l.PrincipalMinor
	t.outstanding += l.OutstandingMinor
	if l.OverdueDays > 0 {
		t.overdue++
	}
}

func (t *bookTotal) values() map[string]any {
	return map[string]any{
		"lines": t.lines, "overdue_lines": t.overdue, "principal_minor": int64(t.principal), "outstanding_minor": int64(t.outstanding),
	}
}

// What rules of validation may name, of a line of a loan book and of the whole of it.
var (
	lineVariables = []expression.Variable{
		{Name: "status", Type: expression.Text, Meaning: "the loan's status, as the platform states it"},
		{Name: "principal_minor", Type: expression.Int, Meaning: "the principal as lent"},
		{Name: "outstanding_minor", Type: expression.Int, Meaning: "the principal that is owed"},
		{Name: "overdue_days", Type: expression.Int, Meaning: "days since the oldest row that is not paid fell due"},
	}
	bookVariables = []expression.Variable{
		{Name: "lines", Type: expression.Int, Meaning: "how many loans the book has"},
		{Name: "overdue_lines", Type: expression.Int, Meaning: "how many of them are overdue"},
		{Name: "principal_minor", Type: expression.Int, Meaning: "the principal of all of them"},
		{Name: "outstanding_minor", Type: expression.Int, Meaning: "the principal that is owed on all of them"},
	}
)
