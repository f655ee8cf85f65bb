package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/schedule"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newLoanSchedule(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "schedule LOAN",
		Short: "Show what a loan has to pay when",
		Long: "Show the rows of a loan's schedule, generated from its terms. A loan that was not paid out yet\n" +
			"is laid out as if it were on the current business date.",
		Args: arguments("LOAN"),
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				v, err := s.oneLoan(ctx, c, args[0])
				if err != nil {
					return err
				}
				rows, err := v.rows()
				if err != nil {
					return err
				}
				t, err := v.schedule(rows)
				if err != nil {
					return err
				}
				return s.print(rows, t)
			})
		},
	}
}

func (v loanView) rows() ([]schedule.Row, error) {
	plan := v.Terms.Plan(v.On)
	if v.Record.State.Plan != nil {
		plan = *v.Record.State.Plan
	}
	rows, err := schedule.Generate(plan)
	if err != nil {
		return nil, fmt.Errorf("lay out the schedule of loan %s: %w", v.Record.State.ID, err)
	}
	return rows, nil
}

func (v loanView) schedule(rows []schedule.Row) (sheet, error) {
	t := sheet{
		columns: []string{"no", "due", "principal", "interest", "charges", "total", "balance"},
		numbers: []string{"no", "principal", "interest", "charges", "total", "balance"},
	}
	balance := v.Record.State.PrincipalMinor
	for _, row := range rows {
		total, err := row.TotalMinor()
		if err != nil {
			return sheet{}, err
		}
		balance -= row.PrincipalMinor
		charges := total - row.PrincipalMinor - row.InterestMinor
		cells := []string{fmt.Sprint(row.Number), date(row.Due)}
		for _, amount := range []money.Minor{row.PrincipalMinor, row.InterestMinor, charges, total, balance} {
			cells = append(cells, v.amount(amount))
		}
		t.add(cells...)
	}
	return t, nil
}
