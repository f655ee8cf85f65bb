package schedule

import (
	"fmt"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Row is one payment of the borrower.
type Row struct {
	Number         int           `json:"number"` // from 1
	Due            calendar.Date `json:"due"`
	PrincipalMinor money.Minor   `json:"principal_minor"`
	InterestMinor  money.Minor   `json:"interest_minor"`
	FeesMinor      []money.Minor `json:"fees_minor,omitempty"` // parallel to the terms' charges
}

// TotalMinor is all that is due with the row.
func (r Row) TotalMinor() (money.Minor, error) {
	total, err := money.Add(r.PrincipalMinor, r.InterestMinor)
	for _, fee := range r.FeesMinor {
		if err != nil {
			break
		}
		total, err = money.Add(total, fee)
	}
	if err != nil {
		return 0, fmt.Errorf("total of instalment %d: %w", r.Number, err)
	}
	return total, nil
}

// Generate lays out the rows of a loan, or refuses the terms as Validate does. The principal of the
// rows sums to the loan's, nothing in them is negative, and equal terms give equal rows everywhere.
//
// Rounding can leave rows of nothing: where a level part is rounded up and the loan is small, it is
// repaid before its last due date.
func Generate(t Terms) ([]Row, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	t = t.withDefaults()
	rows := t.dueDates()
	var buffer [periodsOnStack]int64
	periods := t.periods(rows, buffer[:0])
	part, err := t.levelPart(periods)
	if err != nil {
		return nil, fmt.Errorf("level part of the schedule: %w", err)
	}
	if err := amortise(rows, t.PrincipalMinor, part, periods, t); err != nil {
		return nil, fmt.Errorf("lay out the schedule: %w", err)
	}
	if err := charge(rows, t.Charges, t.Rounding); err != nil {
		return nil, fmt.Errorf("charges of the schedule: %w", err)
	}
	return rows, nil
}

// periodsOnStack is the number of instalments up to which the periods need no allocation.
const periodsOnStack = 60

// periods are the stretches between due dates, as what one unit of balance bears in interest over
// each: numerators[i] / denominator.
type periods struct {
	numerators  []int64
	denominator int64
}

// interest is what a balance bears over the period at a position, rounded once.
func (p periods) interest(balance money.Minor, i int, r money.Rounding) (money.Minor, error) {
	return money.MulDiv(balance, p.numerators[i], p.denominator, r)
}

// dueDates returns rows that have their number and date. All dates count from the first anchor, so a
// day lost to a short month comes back.
func (t Terms) dueDates() []Row {
	anchor, months := t.Start, 1
	if !t.FirstDue.IsZero() {
		anchor, months = t.FirstDue, 0
	}
	if t.Method == Bullet {
		maturity := t.MonthEnd.AddMonths(anchor, months+t.Instalments-1)
		return []Row{{Number: 1, Due: maturity}}
	}
	rows := make([]Row, t.Instalments)
	for i := range rows {
		rows[i].Number = i + 1
		rows[i].Due = t.MonthEnd.AddMonths(anchor, months+i)
	}
	return rows
}

// periods appends to the buffer what each row's period bears.
func (t Terms) periods(rows []Row, buffer []int64) periods {
	p := periods{numerators: buffer}
	from := t.Start
	for _, row := range rows {
		num, den := t.DayCount.Fraction(from, row.Due)
		// Validate bounds dates and rate, so neither product comes near 64 bits.
		p.numerators = append(p.numerators, int64(t.RatePPM)*num)
		p.denominator = int64(money.Million) * den
		from = row.Due
	}
	return p
}

// levelPart is what stays the same from row to row: the payment of equal instalments, the principal
// of equal principal, otherwise nothing.
func (t Terms) levelPart(p periods) (money.Minor, error) {
	switch t.Method {
	case EqualInstalment:
		return levelPayment(t.PrincipalMinor, p, t.InstalmentMultipleMinor, t.Rounding)
	case EqualPrincipal:
		multiple := t.InstalmentMultipleMinor
		units, err := money.MulDiv(t.PrincipalMinor, 1, int64(t.Instalments)*int64(multiple), t.Rounding)
		return units * multiple, err
	}
	return 0, nil
}

// amortise writes principal and interest into the rows, given the level part. The last row takes the
// balance whatever it is.
func amortise(rows []Row, balance, part money.Minor, p periods, t Terms) error {
	last := len(rows) - 1
	for i := range rows {
		interest, err := p.interest(balance, i, t.Rounding)
		if err != nil {
			return err
		}
		principal := part
		if t.Method == EqualInstalment {
			// A payment rounded down may not even cover the interest; then no principal is due.
			principal = max(part-interest, 0)
		}
		if principal > balance || i == last {
			principal = balance
		}
		rows[i].PrincipalMinor, rows[i].InterestMinor = principal, interest
		balance -= principal
	}
	return nil
}
