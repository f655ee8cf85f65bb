package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type txView struct {
	Block     uint64         `json:"block"`
	Tx        ledger.Tx      `json:"transaction"`
	Approvals []approvalView `json:"approvals,omitempty"`
}

func newTxShow(s *session) *cobra.Command {
	return &cobra.Command{
		Use:   "show TRANSACTION",
		Short: "Show a transaction: who sent it, who endorsed it, who approved it, what it wrote",
		Args:  arguments("TRANSACTION"),
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				outcome, err := c.Outcome(ctx, args[0])
				if err != nil {
					return err
				}
				block, err := c.Block(ctx, outcome.BlockNumber)
				if err != nil {
					return err
				}
				tx, ok := block.Transaction(args[0])
				if !ok {
					return unverified("block %d does not hold transaction %s, which the peer's index says it does", block.Number, args[0])
				}
				approvals, err := approvalsIn(ctx, c, tx)
				if err != nil {
					return err
				}
				sheets := []sheet{txFacts(block.Number, tx), txWrites(tx)}
				if len(approvals) > 0 {
					sheets = append(sheets, approvalSheet(approvals))
				}
				return s.print(txView{block.Number, tx, approvals}, sheets...)
			})
		},
	}
}

func txFacts(block uint64, tx ledger.Tx) sheet {
	t := facts("",
		"transaction", tx.ID, "block", fmt.Sprint(block), "verdict", tx.Code.String(), "kind", tx.Kind,
		"sent by", sender(tx.Creator), "at", tx.Timestamp.Format(time.RFC3339), "function", tx.Function,
		"endorsed by", strings.Join(tx.Endorsers, ", "), "answer", string(tx.Response.Payload),
	)
	if tx.Event != nil {
		t.add("event", tx.Event.Name+" "+string(tx.Event.Payload))
	}
	if len(tx.Missing) > 0 {
		t.add("missing here", fmt.Sprintf("%d private values that this member's peer should have", len(tx.Missing)))
	}
	return t
}

func sender(c ledger.Creator) string {
	if c.Role == "" {
		return strings.TrimSpace(c.MSPID + " " + c.Subject)
	}
	return fmt.Sprintf("%s %s, %s", c.MSPID, c.Subject, c.Role)
}

// txWrites shows what is public, what this member may read, and of the rest only where it went.
func txWrites(tx ledger.Tx) sheet {
	t := sheet{title: "writes", columns: []string{"collection", "key", "value"}}
	for _, w := range tx.PublicWrites {
		t.add("public", w.Key, content(w.Value, w.Delete))
	}
	read := map[string]int{}
	for _, w := range tx.PrivateWrites {
		read[w.Collection]++
		t.add(w.Collection, w.Key, content(w.Value, w.Delete))
	}
	for _, h := range tx.PrivateHashes {
		if read[h.Collection] == 0 {
			t.add(h.Collection, "sha256 "+h.KeyHash, "not for this member: sha256 "+h.ValueHash)
		}
	}
	for _, m := range tx.KeyMetadata {
		t.add(cmp.Or(m.Collection, "public"), cmp.Or(m.Key, "sha256 "+m.KeyHash), policyText(m))
	}
	return t
}

// policyText says who may write a key from now on, where that is what a transaction sets.
func policyText(m ledger.KeyMetadata) string {
	groups, err := m.Groups()
	if err != nil {
		return fmt.Sprintf("metadata %q: %d bytes", m.Name, len(m.Value))
	}
	texts := make([]string, len(groups))
	for i, group := range groups {
		texts[i] = names(group)
	}
	return "may be written by " + strings.Join(texts, ", or ")
}

// content cuts a value to what a terminal can show; json and yaml show it whole.
func content(value []byte, deleted bool) string {
	const longest = 96
	switch {
	case deleted:
		return "deleted"
	case !json.Valid(value):
		return fmt.Sprintf("%d bytes", len(value))
	case len(value) > longest:
		return string(value[:longest]) + fmt.Sprintf("… (%d bytes)", len(value))
	}
	return string(value)
}
