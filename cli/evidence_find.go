package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newEvidenceFind(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "find DIGEST|DOCUMENT",
		Short: "Say in which members' logs a document is anchored",
		Args:  arguments("DIGEST|DOCUMENT"),
		RunE: func(command *cobra.Command, args []string) error {
			digest, err := digestOf(args[0])
			if err != nil {
				return err
			}
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				places, err := findAnchored(ctx, c, digest)
				if err != nil {
					return err
				}
				t := sheet{columns: []string{"log", "index", "recorded on", "phase", "media type", "follows"}, numbers: []string{"index"}}
				for _, p := range places {
					t.add(p.Member, fmt.Sprint(p.Index), date(p.RecordedOn), string(p.Entry.Phase), p.Entry.MediaType, p.Entry.Previous)
				}
				return s.print(places, t)
			})
		},
	}
}

// findAnchored asks the contract where a digest stands. It refuses one that stands nowhere.
func findAnchored(ctx context.Context, c *ledger.Client, digest string) ([]wire.Anchored, error) {
	found, err := ledger.Read[[][]wire.Anchored](ctx, c, "Evidence:Find", wire.Read{Version: wire.Version, Items: []string{digest}})
	if err != nil {
		return nil, err
	}
	if len(found) != 1 || len(found[0]) == 0 {
		return nil, fmt.Errorf("find digest %s: it is in nobody's log: anchor it with tally evidence add", digest)
	}
	return found[0], nil
}
