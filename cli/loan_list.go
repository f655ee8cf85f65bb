package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type loanRow struct {
	Loan             string         `json:"loan"`
	Platform         string         `json:"platform"`
	Status           loan.Status    `json:"status"`
	Currency         money.Currency `json:"currency"`
	PrincipalMinor   money.Minor    `json:"principal_minor"`
	OutstandingMinor money.Minor    `json:"outstanding_minor"`
	OverdueDays      int            `json:"overdue_days"`
	RatePPM          money.PPM      `json:"rate_ppm"`
	Lenders          int            `json:"lenders"`
}

func newLoanList(s *session) *cobra.Command {
	var status, platform string
	command := &cobra.Command{
		Use:   "list",
		Short: "List the loans that this member's peer holds",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			keep := func(row loanRow) bool { return matches(status, string(row.Status)) && matches(platform, row.Platform) }
			rows, err := read(command.Context(), s,
				func(ctx context.Context, c *ledger.Client) ([]loanRow, error) { return s.loanRows(ctx, c, keep) },
				func(ctx context.Context, g gateway) ([]loanRow, error) { return g.loanRows(ctx, keep) })
			if err != nil {
				return err
			}
			return s.print(rows, loanSheet(rows))
		},
	}
	command.Flags().StringVar(&status, "status", "", "only loans with this status")
	command.Flags().StringVar(&platform, "platform", "", "only loans of this platform")
	return s.choosesWay(command)
}

func (s *session) loanRows(ctx context.Context, c *ledger.Client, keep func(loanRow) bool) ([]loanRow, error) {
	r, err := s.replay(ctx, c, nil, loanFolders...)
	if err != nil {
		return nil, err
	}
	rows := []loanRow{}
	for _, at := range r.under(loans) {
		v, err := r.loanAt(at)
		if err != nil {
			return nil, err
		}
		row, err := v.row()
		if err != nil {
			return nil, err
		}
		if keep(row) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (v loanView) row() (loanRow, error) {
	overdue, err := v.overdue()
	if err != nil {
		return loanRow{}, err
	}
	state := v.Record.State
	return loanRow{
		Loan: state.ID, Platform: state.Platform, Status: state.Status, Currency: v.Terms.Currency,
		PrincipalMinor: state.PrincipalMinor, OutstandingMinor: state.Outstanding(), OverdueDays: overdue,
		RatePPM: v.Terms.RatePPM, Lenders: len(state.WeightsMinor),
	}, nil
}

func loanSheet(rows []loanRow) sheet {
	t := sheet{
		columns: []string{"loan", "status", "principal", "outstanding", "overdue", "rate", "lenders"},
		numbers: []string{"principal", "outstanding", "overdue", "rate", "lenders"},
	}
	for _, row := range rows {
		t.add(row.Loan, string(row.Status), row.Currency.Format(row.PrincipalMinor), row.Currency.Format(row.OutstandingMinor),
			fmt.Sprint(row.OverdueDays), percent(row.RatePPM), fmt.Sprint(row.Lenders))
	}
	return t
}
