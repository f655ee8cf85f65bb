package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type loanStep struct {
	Block    uint64     `json:"block"`
	TxID     string     `json:"tx_id"`
	Function string     `json:"function"`
	Sequence int64      `json:"sequence"`
	Event    loan.Event `json:"event"`
}

func newLoanHistory(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "history LOAN",
		Short: "Show every event of a loan, with the block and the transaction that wrote it",
		Args:  arguments("LOAN"),
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				var failed error
				all, seen := versions[loan.State, loan.Event](loans, &failed)
				r, err := s.replay(ctx, c, seen, loanFolders...)
				if err != nil {
					return err
				}
				if failed != nil {
					return failed
				}
				at, err := r.find("loan", loans, args[0])
				if err != nil {
					return err
				}
				v, err := r.loanAt(at)
				if err != nil {
					return err
				}
				steps, t := v.history(all[at])
				return s.print(steps, t)
			})
		},
	}
}

func (v loanView) history(versions []written[loan.State, loan.Event]) ([]loanStep, sheet) {
	steps := []loanStep{}
	t := sheet{columns: []string{"block", "transaction", "on", "event", "by", "amount", "note"}, numbers: []string{"block", "amount"}}
	for _, version := range versions {
		for _, event := range version.Record.Events {
			step := loanStep{version.Change.Block, version.Change.TxID, version.Change.Function, version.Record.Sequence, event}
			steps = append(steps, step)
			amount, note := v.tell(event)
			t.add(fmt.Sprint(step.Block), short(step.TxID), date(event.On), string(event.Kind), event.By, amount, note)
		}
	}
	return steps, t
}

// tell says of an event what a reader looks for first.
func (v loanView) tell(e loan.Event) (amount, note string) {
	switch {
	case e.Proposal != nil:
		return v.amount(e.Proposal.PrincipalMinor), "under " + e.Proposal.Regime
	case e.Clearance != nil:
		return "", "until " + date(e.Clearance.ExpiresOn)
	case len(e.Weights) > 0:
		return "", fmt.Sprintf("%d lenders", len(e.Weights))
	case e.Received != nil:
		return v.amount(e.Received.AmountMinor), v.parts(e.Received.Parts)
	case e.Reversed != nil:
		return v.amount(-e.Reversed.Original.AmountMinor), v.parts(e.Reversed.Original.Parts)
	case e.Netted != nil:
		return "", "run " + short(e.Netted.Run)
	case e.Order != "":
		return "", "order " + e.Order
	case e.AmountMinor != 0:
		return v.amount(e.AmountMinor), e.Reason
	}
	return "", e.Reason
}

// parts names what an amount was for, leaving out what it was not for.
func (v loanView) parts(p loan.Parts) string {
	var said []string
	for i, fee := range p.FeesMinor {
		if fee != 0 {
			said = append(said, fmt.Sprintf("charge %d %s", i+1, v.amount(fee)))
		}
	}
	if p.PenaltyMinor != 0 {
		said = append(said, "penalty "+v.amount(p.PenaltyMinor))
	}
	if p.InterestMinor != 0 {
		said = append(said, "interest "+v.amount(p.InterestMinor))
	}
	if p.PrincipalMinor != 0 {
		said = append(said, "principal "+v.amount(p.PrincipalMinor))
	}
	if p.RefundMinor != 0 {
		said = append(said, "overpaid "+v.amount(p.RefundMinor))
	}
	return strings.Join(said, ", ")
}
