package projection

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
)

// LoanDue is a loan that owes something, and the oldest row of its schedule that is not paid, due or not. Charges and
// penalty come on top: repayment.At says what they are on a day.
type LoanDue struct {
	Loan             string        `json:"loan"`
	Platform         string        `json:"platform"`
	Custodian        string        `json:"custodian"`
	Borrower         string        `json:"borrower"`
	Status           loan.Status   `json:"status"`
	Grade            string        `json:"grade,omitempty"`
	TermMonths       int           `json:"term_months"`
	Vintage          string        `json:"vintage"` // the month in which the money left
	DueOn            calendar.Date `json:"due_on"`
	PrincipalMinor   money.Minor   `json:"principal_minor"` // unpaid of the row
	InterestMinor    money.Minor   `json:"interest_minor"`  // unpaid of the row
	OutstandingMinor money.Minor   `json:"outstanding_minor"`
}

// LoanDueFilter narrows a list of loans that owe something. Empty fields ask for nothing.
type LoanDueFilter struct {
	Platform   string
	Custodian  string
	Grade      string
	Statuses   []loan.Status
	DueFrom    calendar.Date // of the oldest unpaid row
	DueThrough calendar.Date
}

// LoansDue lists loans by the due date of their oldest unpaid row, the oldest first, and those of one day in the order
// in which they were disbursed. A page of it costs the same wherever in the list it is.
func (m *Model) LoansDue(ctx context.Context, f LoanDueFilter, page Page) (List[LoanDue], error) {
	found := List[LoanDue]{Items: []LoanDue{}}
	if page.Newest {
		return found, fault.In(fault.InvalidField, "newest")
	}
	q := query{
		columns: "t.seq, t.loan, t.platform, t.custodian, t.borrower, t.status, t.grade, t.term_months, t.vintage, t.due_on, " +
			"t.due_principal_minor, t.due_interest_minor, t.outstanding_minor",
		from: "rm_position t", where: []string{"t.due_on <> ''"},
	}
	q.equal("t.platform", f.Platform)
	q.equal("t.custodian", f.Custodian)
	q.equal("t.grade", f.Grade)
	among(&q, "t.status", f.Statuses)
	if !f.DueFrom.IsZero() {
		q.that("t.due_on >= $", f.DueFrom.String())
	}
	if !f.DueThrough.IsZero() {
		q.that("t.due_on <= $", f.DueThrough.String())
	}
	if err := q.beyondDue(page.After); err != nil {
		return found, err
	}
	limit := usualLimit
	if page.Limit > 0 {
		limit = min(page.Limit, largestLimit)
	}
	last := ""
	err := each(ctx, m.db, q.text("ORDER BY t.due_on, t.seq LIMIT "+strconv.Itoa(limit+1)), q.args, func(from scanner) error {
		l, seq, err := scanLoanDue(from)
		if len(found.Items) == limit {
			found.Next = last
			return err
		}
		found.Items, last = append(found.Items, l), l.DueOn.String()+"."+strconv.FormatInt(seq, 10)
		return err
	})
	if err != nil {
		return found, fmt.Errorf("list loans by due date: %w", err)
	}
	return found, nil
}

// beyondDue asks for what comes after a cursor: a due date and a row's number.
func (q *query) beyondDue(after string) error {
	if after == "" {
		return nil
	}
	on, number, _ := strings.Cut(after, ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	if _, bad := calendar.Parse(on); err != nil || bad != nil {
		return fault.In(fault.InvalidField, "after")
	}
	q.args = append(q.args, on, seq)
	q.where = append(q.where, fmt.Sprintf("(t.due_on, t.seq) > ($%d, $%d)", len(q.args)-1, len(q.args)))
	return nil
}

func scanLoanDue(from scanner) (l LoanDue, seq int64, err error) {
	var on string
	err = from.Scan(&seq, &l.Loan, &l.Platform, &l.Custodian, &l.Borrower, &l.Status, &l.Grade, &l.TermMonths, &l.Vintage, &on,
		&l.PrincipalMinor, &l.InterestMinor, &l.OutstandingMinor)
	if err != nil {
		return l, 0, err
	}
	l.DueOn, err = calendar.Parse(on)
	return l, seq, err
}
