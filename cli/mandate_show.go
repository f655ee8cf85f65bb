package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type mandateView struct {
	Collection string                                    `json:"collection"`
	Record     wire.Record[mandate.State, mandate.Event] `json:"record"`
	History    []written[mandate.State, mandate.Event]   `json:"history"`
}

func newMandateShow(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "show MANDATE",
		Short: "Show a mandate: what was allowed, and how much of it was used",
		Args:  arguments("MANDATE"),
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				var failed error
				all, seen := versions[mandate.State, mandate.Event](mandates, &failed)
				r, err := s.replay(ctx, c, seen, mandates)
				if err != nil {
					return err
				}
				if failed != nil {
					return failed
				}
				at, err := r.find("mandate", mandates, args[0])
				if err != nil {
					return err
				}
				v := mandateView{Collection: at.collection, History: all[at]}
				v.Record = v.History[len(v.History)-1].Record
				return s.print(v, v.facts(), v.history())
			})
		},
	}
}

func (v mandateView) facts() sheet {
	m := v.Record.State
	t := facts("",
		"mandate", m.Handle, "collection", v.Collection, "party", m.Party, "purpose", string(m.Purpose),
		"loan", m.Loan, "registered", date(m.Registered), "confirmed", date(m.Confirmed), "confirmed through", m.Channel,
		"revoked", date(m.Revoked), "last day", date(m.Expires), "signed terms", m.SignedTerms,
	)
	limit := func(name, value string) {
		if value != m.Currency.Format(0) {
			t.add(name, value)
		}
	}
	limit("in all", m.Currency.Format(m.TotalMinor))
	limit("a loan", m.Currency.Format(m.PerLoanMinor))
	limit("a collection", m.Currency.Format(m.PerCollectionMinor))
	if m.Purpose == mandate.Invest {
		t.add("rate at least", percent(m.MinRatePPM))
		t.add("instalments at most", fmt.Sprint(m.MaxInstalments))
		t.add("share of a loan at most", percent(m.MaxShareOfLoanPPM))
	}
	t.add("used", fmt.Sprintf("%s in %d uses", m.Currency.Format(m.UsedMinor), m.Uses))
	if remaining, bounded := m.RemainingMinor(); bounded {
		t.add("left", m.Currency.Format(remaining))
	}
	return t
}

func (v mandateView) history() sheet {
	t := sheet{title: "history", columns: []string{"block", "transaction", "on", "event", "by"}, numbers: []string{"block"}}
	for _, version := range v.History {
		for _, e := range version.Record.Events {
			t.add(fmt.Sprint(version.Change.Block), short(version.Change.TxID), date(e.On), string(e.Kind), e.By)
		}
	}
	return t
}
