package hazard

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
)

// What "going overdue" means here, in days: more than LateDays past due at some day of the HorizonDays that follow.
const (
	LateDays    = 30
	HorizonDays = 90
)

// Row is one instalment with principal: when it fell due, and when its principal and that of all rows before it
// had arrived, by value date. It is unpaid as long as PaidOn is zero.
type Row struct {
	Due            calendar.Date
	PaidOn         calendar.Date
	PrincipalMinor money.Minor
}

// History is what a borrower has done with the rows of one loan.
type History struct {
	Loan           string
	PrincipalMinor money.Minor
	RatePPM        money.PPM
	TermMonths     int
	StartedOn      calendar.Date
	Rows           []Row
	// ProbabilityPPM is what the platform's decision gave the applicant for the whole term; 0 where there is none.
	ProbabilityPPM int64
}

// HistoryOf derives the history of a loan that was disbursed. Rows without principal, as a bullet loan has all but
// one, are left out: what arrived is known by principal.
func HistoryOf(s loan.State, probabilityPPM int64) (History, error) {
	if s.Plan == nil {
		return History{}, fmt.Errorf("derive the history of loan %s: it was not disbursed", s.ID)
	}
	rows, err := repayment.Rows(s)
	if err != nil {
		return History{}, fmt.Errorf("derive the history of loan %s: %w", s.ID, err)
	}
	h := History{
		Loan: s.ID, PrincipalMinor: s.PrincipalMinor, RatePPM: s.Plan.RatePPM, TermMonths: s.Plan.Instalments,
		StartedOn: s.Plan.Start, ProbabilityPPM: probabilityPPM,
	}
	arrived := arrivals(s.Receipts)
	var owed, paid money.Minor
	for _, row := range rows {
		if row.PrincipalMinor == 0 {
			continue
		}
		owed += row.PrincipalMinor
		var on calendar.Date
		for paid < owed && len(arrived) > 0 {
			paid += arrived[0].PrincipalMinor
			on, arrived = arrived[0].ValueDate, arrived[1:]
		}
		if paid < owed {
			on = 0
		} else if on.IsZero() { // covered by what came for a row before it
			on = h.Rows[len(h.Rows)-1].PaidOn
		}
		h.Rows = append(h.Rows, Row{Due: row.Due, PaidOn: on, PrincipalMinor: row.PrincipalMinor})
	}
	return h, nil
}

// arrivals are the receipts that stand, by value date.
func arrivals(receipts []loan.Seen) []loan.Seen {
	standing := slices.DeleteFunc(slices.Clone(receipts), func(r loan.Seen) bool { return r.Reversed })
	slices.SortStableFunc(standing, func(a, b loan.Seen) int { return cmp.Compare(a.ValueDate, b.ValueDate) })
	return standing
}

// paidBy reports whether a row was paid by a date.
func (r Row) paidBy(on calendar.Date) bool { return !r.PaidOn.IsZero() && r.PaidOn <= on }

// lateOn is for how many days a row was or has been late, as known on a date on which it is due.
func (r Row) lateOn(on calendar.Date) int {
	if r.paidBy(on) {
		return max(0, calendar.Days(r.Due, r.PaidOn))
	}
	return max(0, calendar.Days(r.Due, on))
}

// PastDueDays is for how long the oldest unpaid row has been due on a date.
func (h History) PastDueDays(on calendar.Date) int {
	for _, r := range h.Rows {
		if r.Due > on {
			break
		}
		if !r.paidBy(on) {
			return calendar.Days(r.Due, on)
		}
	}
	return 0
}

// OutstandingMinor is the principal of the rows that were not paid by a date.
func (h History) OutstandingMinor(on calendar.Date) money.Minor {
	var sum money.Minor
	for _, r := range h.Rows {
		if !r.paidBy(on) {
			sum += r.PrincipalMinor
		}
	}
	return sum
}

// Outcome reports whether the loan went overdue within the horizon after a date, as far as it is known through
// another: what has not happened yet by then is known only if the whole horizon has passed.
func (h History) Outcome(on, through calendar.Date) (overdue, known bool) {
	end := on.AddDays(HorizonDays)
	for _, r := range h.Rows {
		from := r.Due.AddDays(LateDays + 1)
		switch {
		case r.paidBy(from.AddDays(-1)) || r.paidBy(on): // never so late, or no longer when it was asked
		case max(from, on.AddDays(1)) <= min(end, through):
			return true, true
		}
	}
	return false, through >= end
}
