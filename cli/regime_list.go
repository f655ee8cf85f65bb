package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newRegimeList(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the regime packs with their approvals",
		Args:  arguments(),
		RunE: func(command *cobra.Command, _ []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				packs, err := s.packs(ctx, c)
				if err != nil {
					return err
				}
				t := sheet{columns: []string{"regime", "status", "effective from", "until", "rate cap", "applies to", "title"}, numbers: []string{"rate cap"}}
				for _, p := range packs {
					t.add(p.ID, adoption(p), date(p.EffectiveFrom), date(p.Until), rateCap(p), p.AppliesTo, p.Title)
				}
				return s.print(packs, t)
			})
		},
	}
}

// rateCap is the cap of a pack for loans; one for reports has none.
func rateCap(p regime.Pack) string {
	if p.AppliesTo == regime.Reports {
		return ""
	}
	return percent(p.Rules.RateCapPPM)
}

// packs replays every regime pack, as they were first proposed.
func (s *session) packs(ctx context.Context, c *ledger.Client) ([]regime.Pack, error) {
	r, err := s.replay(ctx, c, nil, regimes)
	if err != nil {
		return nil, err
	}
	packs := []regime.Pack{}
	for _, at := range r.under(regimes) {
		pack, err := record[regime.Pack, regime.Event](r, at)
		if err != nil {
			return nil, err
		}
		packs = append(packs, pack.State)
	}
	return packs, nil
}

// adoption is how far a pack has come. One that is retired begins no new business after its last day.
func adoption(p regime.Pack) string {
	switch {
	case !p.Until.IsZero():
		return "retired"
	case p.Adopted():
		return "adopted"
	}
	return "proposed"
}
