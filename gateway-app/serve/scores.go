package serve

import (
	"context"
	"errors"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/funding"
	"github.com/tallystick/tallystick/gateway-app/projection"
	"github.com/tallystick/tallystick/gateway-app/underwriting"
)

// scores tells matching how the platform's desk decided on a loan: its application names the loan's project.
type scores struct {
	desk func() *underwriting.Desk // opened after matching
}

// Score answers the grade and the product risk of the decision, or why it does not carry the loan; nothing where
// the loan's project is no application of the platform's.
func (s scores) Score(ctx context.Context, l projection.Loan) (funding.Verdict, error) {
	desk := s.desk()
	if desk == nil {
		return funding.Verdict{}, nil
	}
	decision, err := desk.Of(ctx, l.Terms.Project)
	if errors.Is(err, fault.New(fault.NotFound)) {
		return funding.Verdict{}, nil
	}
	if err != nil {
		return funding.Verdict{}, err
	}
	told, err := decision.Told()
	if err != nil {
		return funding.Verdict{}, err
	}
	if obstacle := obstacleOf(decision, told.Terms, l.Terms); obstacle != "" {
		return funding.Verdict{Obstacle: obstacle}, nil
	}
	return funding.Verdict{Score: &funding.Score{Grade: told.Terms.Grade, Risk: told.Terms.ProductRisk}}, nil
}

// obstacleOf is why a decision does not carry a loan: it has to be approved now, about this borrower, for at least
// this principal and for this term. A limit binds what the engine approved; a person who approves against the
// engine approves the amount that was applied for.
func obstacleOf(d underwriting.Decision, granted *underwriting.Terms, t loan.Terms) string {
	byEngine := d.Outcome == "approve"
	switch {
	case d.Party != t.Borrower:
		return funding.DecisionOfAnother
	case d.Status == underwriting.Refused:
		return funding.DecisionRefused
	case d.Status != underwriting.Approved:
		return funding.DecisionNotApproved
	case d.Currency != t.Currency, d.AmountMinor < t.PrincipalMinor:
		return funding.DecisionForLess
	case d.TermMonths != t.Instalments:
		return funding.DecisionForAnotherTerm
	case granted == nil, granted.Grade == "", granted.ProductRisk < 1: // the person was purged
		return funding.DecisionWithoutGrade
	case byEngine && money.Minor(granted.LimitMinor) < t.PrincipalMinor:
		return funding.DecisionForLess
	}
	return ""
}
