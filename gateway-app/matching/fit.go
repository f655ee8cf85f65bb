package matching

import (
	"slices"

	"github.com/tallystick/tallystick/core/calendar"
	"github.com/tallystick/tallystick/core/money"
)

// Obstacle is why a mandate may not be used, or not for one loan. The empty one is none.
type Obstacle string

// What keeps a mandate from any loan.
const (
	NotConfirmed    Obstacle = "mandate_not_confirmed"
	Revoked         Obstacle = "mandate_revoked"
	Expired         Obstacle = "mandate_expired"
	LenderRefused   Obstacle = "lender_refused" // the ledger would not let it lend today
	NotAssessed     Obstacle = "not_assessed"   // no class of investor
	AssessmentStale Obstacle = "assessment_expired"
)

// What keeps a mandate from one loan, in the order in which it is looked for.
const (
	OtherPlatform  Obstacle = "other_platform"
	OtherCustodian Obstacle = "other_custodian"
	OtherCurrency  Obstacle = "other_currency"
	OwnLoan        Obstacle = "own_loan" // nobody lends to themselves
	RiskAboveClass Obstacle = "risk_above_class"
	RiskUnwanted   Obstacle = "risk_unwanted"
	GradeUnwanted  Obstacle = "grade_unwanted"
	RateTooLow     Obstacle = "rate_below_floor"
	TermTooLong    Obstacle = "term_too_long"
	TermTooShort   Obstacle = "term_too_short"
	PastDeadline   Obstacle = "past_deadline"
)

// Unusable is what keeps a mandate from any loan on the day, or none.
func Unusable(l Lender, m Mandate, on calendar.Date) Obstacle {
	switch {
	case !m.Revoked.IsZero():
		return Revoked
	case on > m.Expires:
		return Expired
	case m.Confirmed.IsZero():
		return NotConfirmed
	case l.Refused != "":
		return LenderRefused
	case l.Class == 0:
		return NotAssessed
	case on > l.ClassThrough:
		return AssessmentStale
	}
	return ""
}

// Misfit is what keeps a usable mandate from a loan, or none. It asks about terms, never about money.
func Misfit(l Lender, m Mandate, r Request, on calendar.Date) Obstacle {
	return misfit(&l, &m, &r, on)
}

// misfit is Misfit without copies: it is asked millions of times.
func misfit(l *Lender, m *Mandate, r *Request, on calendar.Date) Obstacle {
	switch {
	case m.Platform != r.Platform:
		return OtherPlatform
	case m.Custodian != r.Custodian:
		return OtherCustodian
	case m.Currency != r.Currency:
		return OtherCurrency
	case l.ID == r.Borrower:
		return OwnLoan
	case r.Risk > l.Class:
		return RiskAboveClass
	case m.MaxRisk > 0 && r.Risk > m.MaxRisk:
		return RiskUnwanted
	case len(m.Grades) > 0 && !slices.Contains(m.Grades, r.Grade):
		return GradeUnwanted
	case r.RatePPM < m.MinRatePPM:
		return RateTooLow
	case r.Instalments > m.MaxInstalments:
		return TermTooLong
	case r.Instalments < m.MinInstalments || r.Instalments < 1:
		return TermTooShort
	case on > r.Deadline:
		return PastDeadline
	}
	return ""
}

// MostIn is the most that a mandate may put into a loan of a principal, its purse and what it has put
// elsewhere aside: the lesser of the most per loan and the share, rounded down as the ledger does.
func (m Mandate) MostIn(principal money.Minor) money.Minor {
	return mostIn(principal, m.PerLoanMinor, m.MaxShareOfLoanPPM)
}

// mostIn divides with the remainder dropped. Principals are checked: the product stays within 64 bits.
func mostIn(principal, perLoan money.Minor, share money.PPM) money.Minor {
	return min(perLoan, principal*money.Minor(share)/money.Minor(money.Million))
}

// RemainingMinor is what the mandate's total still allows.
func (m Mandate) RemainingMinor() money.Minor { return max(0, m.TotalMinor-m.UsedMinor) }

// Spendable is what a lender may put out today in all: its cash, within the limit of its class.
func (p Policy) Spendable(l Lender) money.Minor {
	if l.Class < 1 || p.ClassMostMinor[l.Class-1] == 0 {
		return l.CashMinor
	}
	return min(l.CashMinor, max(0, p.ClassMostMinor[l.Class-1]-l.LentMinor))
}
