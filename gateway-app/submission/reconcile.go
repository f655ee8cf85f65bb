package submission

import (
	"context"
	"iter"
	"strconv"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/expression"
)

// reconcile holds a loan book against the regulator's own lines, one by one, and against the rules of validation for
// lines and for the book as a whole. The verdict keeps what both come to.
func reconcile(ctx context.Context, stated iter.Seq2[Row, error], lines iter.Seq2[Line, error], rules *ruleSet, v *Verdict) error {
	held, err := hold(lines)
	if err != nil {
		return err
	}
	total := &BookTotal{}
	for l, err := range stated {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		total.add(l.Line)
		v.Compared++
		compareLine(held, l, v)
		rules.line(l, v)
	}
	for l := range held.unstated() {
		v.add(Finding{Rule: loanMissing, Loan: l.Loan, Computed: string(l.Status)})
	}
	rules.whole(total.values(), v)
	v.Book = total
	return nil
}

// compareLine looks for what a line says otherwise than the ledger.
func compareLine(held *holdings, l Row, v *Verdict) {
	found := held.find(l.Loan)
	switch {
	case found == nil:
		v.add(Finding{Rule: loanUnknown, Line: l.At, Loan: l.Loan, Stated: string(l.Status)})
		return
	case found.stated:
		v.add(Finding{Rule: loanRepeated, Line: l.At, Loan: l.Loan})
		return
	}
	found.stated = true
	if !held.agrees(found, l.Line) {
		compareFields(held.line(found), l, v)
	}
}

// compareFields says in which fields a line is another.
func compareFields(known Line, l Row, v *Verdict) {
	for _, field := range []struct{ name, stated, computed string }{
		{"status", string(l.Status), string(known.Status)},
		{"principal_minor", minor(l.PrincipalMinor), minor(known.PrincipalMinor)},
		{"outstanding_minor", minor(l.OutstandingMinor), minor(known.OutstandingMinor)},
		{"overdue_days", strconv.FormatInt(l.OverdueDays, 10), strconv.FormatInt(known.OverdueDays, 10)},
	} {
		if field.stated != field.computed {
			v.add(Finding{Rule: fieldDiffers, Line: l.At, Loan: l.Loan, Field: field.name, Stated: field.stated, Computed: field.computed})
		}
	}
}

func minor(m money.Minor) string { return strconv.FormatInt(int64(m), 10) }

// BookTotal is what the lines of a book come to.
type BookTotal struct {
	Lines            int64       `json:"lines"`
	OverdueLines     int64       `json:"overdue_lines"`
	PrincipalMinor   money.Minor `json:"principal_minor"`
	OutstandingMinor money.Minor `json:"outstanding_minor"`
}

func (t *BookTotal) add(l Line) {
	t.Lines++
	t.PrincipalMinor += l.PrincipalMinor
	t.OutstandingMinor += l.OutstandingMinor
	if l.OverdueDays > 0 {
		t.OverdueLines++
	}
}

func (t *BookTotal) values() map[string]any {
	return map[string]any{
		"lines": t.Lines, "overdue_lines": t.OverdueLines, "principal_minor": int64(t.PrincipalMinor), "outstanding_minor": int64(t.OutstandingMinor),
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
