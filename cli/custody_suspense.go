package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newCustodySuspense(s *session) *cobra.Command {
	var all bool
	command := &cobra.Command{
		Use:   "suspense",
		Short: "List the receipts that nobody could place",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				r, err := s.replay(ctx, c, nil, suspended)
				if err != nil {
					return err
				}
				found := []custody.Suspense{}
				for _, at := range r.under(suspended) {
					receipt, err := record[custody.Suspense, custody.SuspenseEvent](r, at)
					if err != nil {
						return err
					}
					if all || receipt.State.Open() {
						found = append(found, receipt.State)
					}
				}
				return s.print(found, suspenseSheet(found))
			})
		},
	}
	command.Flags().BoolVar(&all, "all", false, "also those that were placed since")
	return command
}

func suspenseSheet(found []custody.Suspense) sheet {
	t := sheet{
		columns: []string{"receipt", "amount", "value date", "account as written", "bank reference", "placed with", "placed on"},
		numbers: []string{"amount"},
	}
	for _, r := range found {
		t.add(r.Handle, yuan(r.AmountMinor), date(r.ValueDate), r.Account, r.BankReference, r.PlacedWith, date(r.PlacedOn))
	}
	return t
}
