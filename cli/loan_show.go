package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/repayment"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newLoanShow(s *session) *cobra.Command {
	return s.choosesWay(&cobra.Command{
		Use:   "show LOAN",
		Short: "Show a loan: terms, where it stands, and who lends",
		Args:  arguments("LOAN"),
		RunE: func(command *cobra.Command, args []string) error {
			v, err := read(command.Context(), s,
				func(ctx context.Context, c *ledger.Client) (loanView, error) { return s.oneLoan(ctx, c, args[0]) },
				func(ctx context.Context, g gateway) (loanView, error) { return g.loan(ctx, args[0]) })
			if err != nil {
				return err
			}
			standing, err := v.standing()
			if err != nil {
				return err
			}
			return s.print(v, v.terms(), standing, v.lenders())
		},
	})
}

func (v loanView) terms() sheet {
	t, state := v.Terms, v.Record.State
	related := ""
	if t.Related {
		related = "to the platform"
	}
	return facts("",
		"loan", state.ID, "status", string(state.Status), "frozen by order", state.Frozen, "borrower", state.Borrower,
		"platform", state.Platform, "custodian", state.Custodian, "regime", state.Regime,
		"principal", string(t.Currency)+" "+v.amount(state.PrincipalMinor), "rate", percent(t.RatePPM), "penalty rate", percent(t.PenaltyRatePPM),
		"instalments", fmt.Sprintf("%d, %s, %s", t.Instalments, t.Method, t.DayCount), "charges", fmt.Sprint(len(t.Charges)),
		"grade", t.Grade, "related", related,
		"project", t.Project, "agreement", t.AgreementDigest, "commitment", state.Commitment,
		"expires on", date(state.ExpiresOn), "written off on", date(state.WrittenOffOn),
	)
}

// standing is what was paid, and what is owed on the business date.
func (v loanView) standing() (sheet, error) {
	state := v.Record.State
	if state.Plan == nil {
		return facts("not paid out yet"), nil
	}
	overdue, err := v.overdue()
	if err != nil {
		return sheet{}, err
	}
	position, err := repayment.At(state, v.On, v.On)
	if err != nil {
		return sheet{}, fmt.Errorf("derive what loan %s owes: %w", state.ID, err)
	}
	var fees money.Minor
	for _, fee := range state.Paid.FeesMinor {
		fees += fee
	}
	return facts("on "+v.On.String(),
		"paid out on", date(state.Plan.Start), "receipts", fmt.Sprint(len(state.Receipts)),
		"principal paid", v.amount(state.Paid.PrincipalMinor), "interest paid", v.amount(state.Paid.InterestMinor),
		"penalty paid", v.amount(state.Paid.PenaltyMinor), "charges paid", v.amount(fees), "overpaid", v.amount(state.Paid.RefundMinor),
		"principal outstanding", v.amount(state.Outstanding()), "past due", v.amount(position.PastDue.Total()),
		"due today", v.amount(position.Due.Total()), "pays it off", v.amount(position.Total()), "days overdue", fmt.Sprint(overdue),
	), nil
}

func (v loanView) lenders() sheet {
	t := sheet{
		title:   "lenders",
		columns: []string{"lender", "lent", "principal back", "interest", "paid out", "payable", "owes back"},
		numbers: []string{"lent", "principal back", "interest", "paid out", "payable", "owes back"},
	}
	if v.Funding == nil {
		return t
	}
	state := v.Record.State
	at := func(amounts []money.Minor, i int) money.Minor {
		if i < len(amounts) {
			return amounts[i]
		}
		return 0
	}
	for i, a := range v.Funding.Allocations {
		principal, interest, netted := at(state.PrincipalCredits, i), at(state.InterestCredits, i), at(state.Netted, i)
		t.add(a.Lender, v.amount(a.PrincipalMinor), v.amount(principal), v.amount(interest), v.amount(netted),
			v.amount(principal+interest-netted), v.amount(at(state.Receivable, i)))
	}
	return t
}
