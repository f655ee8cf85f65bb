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
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				rows, err := s.loanRows(ctx, c, func(row loanRow) bool {
					return (status == "" || string(row.Status) == status) && (platform == "" || row.Platform == platform)
				})
				if err != nil {
					return err
				}
				return s.print(rows, loanSheet(rows))
			})
		},
	}
	command.Flags().StringVar(&status, "status", "", "only loans with this status")
	command.Flags().StringVar(&platform, "platform", "", "only loans of this platform")
	return command
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
		overdue, err := v.overdue()
		if err != nil {
			return nil, err
		}
		state := v.Record.State
		row := loanRow{
			Loan: state.ID, Platform: state.Platform, Status: state.Status, Currency: v.Terms.Currency,
			PrincipalMinor: state.PrincipalMinor, OutstandingMinor: state.Outstanding(), OverdueDays: overdue,
			RatePPM: v.Terms.RatePPM, Lenders: len(state.WeightsMinor),
		}
		if keep(row) {
			rows = append(rows, row)
		}
	}
	return rows, nil
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
