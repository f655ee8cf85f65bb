package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

func newBlockShow(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "show NUMBER|last",
		Short: "Show a block and its transactions",
		Args:  arguments("NUMBER|last"),
		RunE: func(command *cobra.Command, args []string) error {
			number, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil && args[0] != "last" {
				return misused("%q is no block: name a number, or last", args[0])
			}
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				chain, err := c.Chain(ctx)
				if err != nil {
					return err
				}
				if args[0] == "last" {
					number = chain.Height - 1
				}
				if number >= chain.Height {
					return fmt.Errorf("show block %d: the chain ends with block %d here: ask again later", number, chain.Height-1)
				}
				block, err := c.Block(ctx, number)
				if err != nil {
					return err
				}
				return s.print(block, blockFacts(block), blockSheet(block))
			})
		},
	}
}

func blockFacts(b ledger.Block) sheet {
	return facts("", "block", fmt.Sprint(b.Number), "hash", b.Hash, "previous hash", b.PreviousHash, "data hash", b.DataHash,
		"missing here", countOf(len(b.Missing()), "private values"))
}

func countOf(n int, what string) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", n, what)
}

func blockSheet(b ledger.Block) sheet {
	t := sheet{
		title:   "transactions",
		columns: []string{"transaction", "verdict", "function", "sent by", "at", "public", "private"},
		numbers: []string{"public", "private"},
	}
	for _, tx := range b.Transactions {
		function := tx.Function
		if function == "" {
			function = tx.Kind
		}
		t.add(tx.ID, tx.Code.String(), function, sender(tx.Creator), tx.Timestamp.Format(time.RFC3339),
			fmt.Sprint(len(tx.PublicWrites)), fmt.Sprint(len(tx.PrivateHashes)))
	}
	return t
}
