package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type instructionView struct {
	Collection string                                          `json:"collection"`
	Record     wire.Record[custody.Instruction, custody.Event] `json:"record"`
	History    []written[custody.Instruction, custody.Event]   `json:"history"`
}

func newCustodyShow(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "show INSTRUCTION",
		Short: "Show an instruction and what became of it",
		Args:  arguments("INSTRUCTION"),
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				var failed error
				all, seen := versions[custody.Instruction, custody.Event](instructions, &failed)
				r, err := s.replay(ctx, c, seen, instructions)
				if err != nil {
					return err
				}
				if failed != nil {
					return failed
				}
				at, err := r.find("instruction", instructions, args[0])
				if err != nil {
					return err
				}
				v := instructionView{Collection: at.collection, History: all[at]}
				v.Record = v.History[len(v.History)-1].Record
				return s.print(v, v.facts(), v.history())
			})
		},
	}
}

func (v instructionView) facts() sheet {
	i := v.Record.State
	return facts("",
		"instruction", i.Handle, "collection", v.Collection, "kind", string(i.Kind), "status", string(i.Status),
		"amount", yuan(i.AmountMinor), "settled", some(i.SettledMinor), "party", i.Party, "loan", i.Loan,
		"mandate", i.Mandate, "hold", i.Hold, "on", date(i.On), "may be accepted until", date(i.ExpiresOn),
		"bank reference", i.BankReference, "value date", date(i.ValueDate), "refused because", i.Reason,
	)
}

func (v instructionView) history() sheet {
	t := sheet{title: "history", columns: []string{"block", "transaction", "on", "event", "amount"}, numbers: []string{"block", "amount"}}
	for _, version := range v.History {
		for _, e := range version.Record.Events {
			t.add(fmt.Sprint(version.Change.Block), short(version.Change.TxID), date(e.On), e.Kind, some(e.AmountMinor))
		}
	}
	return t
}
