package main

import (
	"context"
	"net/url"
	"slices"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newCustodyList(s *session) *cobra.Command {
	var kind, status, party, loan string
	command := &cobra.Command{
		Use:   "list",
		Short: "List the instructions to the custodians",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			if kind != "" && !slices.Contains(custody.Kinds(), custody.Kind(kind)) {
				return misused("--kind %q is no kind of instruction: use one of %v", kind, custody.Kinds())
			}
			if status != "" && !slices.Contains(custody.Statuses(), custody.Status(status)) {
				return misused("--status %q is no status of instructions: use one of %v", status, custody.Statuses())
			}
			keep := func(i custody.Instruction) bool {
				return matches(kind, string(i.Kind)) && matches(status, string(i.Status)) && matches(party, i.Party) && matches(loan, i.Loan)
			}
			narrowed := url.Values{}
			for name, wanted := range map[string]string{"party": party, "loan": loan} {
				if wanted != "" {
					narrowed.Set(name, wanted)
				}
			}
			found, err := read(command.Context(), s,
				func(ctx context.Context, c *ledger.Client) ([]custody.Instruction, error) {
					return s.instructions(ctx, c, keep)
				},
				func(ctx context.Context, g gateway) ([]custody.Instruction, error) {
					return g.instructions(ctx, narrowed, keep)
				})
			if err != nil {
				return err
			}
			return s.print(found, instructionSheet(found))
		},
	}
	flags := command.Flags()
	flags.StringVar(&kind, "kind", "", "only of this kind: deposit, hold, disburse, pay_out, …")
	flags.StringVar(&status, "status", "", "only with this status: instructed, accepted, settled, …")
	flags.StringVar(&party, "party", "", "only of this party")
	flags.StringVar(&loan, "loan", "", "only for the loan with this id")
	return s.choosesWay(command)
}

func matches(wanted, is string) bool { return wanted == "" || wanted == is }

func (s *session) instructions(ctx context.Context, c *ledger.Client, keep func(custody.Instruction) bool) ([]custody.Instruction, error) {
	r, err := s.replay(ctx, c, nil, instructions)
	if err != nil {
		return nil, err
	}
	found := []custody.Instruction{}
	for _, at := range r.under(instructions) {
		i, err := record[custody.Instruction, custody.Event](r, at)
		if err != nil {
			return nil, err
		}
		if keep(i.State) {
			found = append(found, i.State)
		}
	}
	return found, nil
}

func instructionSheet(found []custody.Instruction) sheet {
	t := sheet{
		columns: []string{"instruction", "kind", "status", "amount", "on", "party", "loan", "bank reference"},
		numbers: []string{"amount"},
	}
	for _, i := range found {
		t.add(i.Handle, string(i.Kind), string(i.Status), yuan(i.AmountMinor), date(i.On), i.Party, i.Loan, i.BankReference)
	}
	return t
}
