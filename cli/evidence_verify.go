package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type verifiedView struct {
	Receipt evidence.Receipt `json:"receipt"`
	Offline bool             `json:"offline"`
	Block   uint64           `json:"block,omitempty"`
	TxID    string           `json:"tx_id,omitempty"`
}

func newEvidenceVerify(s *session) *cobra.Command {
	var receiptPath, savePath, member string
	command := &cobra.Command{
		Use:   "verify [DIGEST|DOCUMENT]",
		Short: "Prove that a document is in a log, from the chain or from a receipt",
		Long: "Rebuild the log from the chain's own blocks, compare its root with the ledger's, and prove that\n" +
			"the document is in it. With --receipt nothing is asked of any network: the receipt's proof is\n" +
			"verified by itself, and the document, if one is named, against it.",
		Args: func(command *cobra.Command, args []string) error {
			switch {
			case receiptPath != "" && (savePath != "" || member != ""):
				return misused("--receipt asks nothing of any network: leave out --save and --member")
			case receiptPath != "" && len(args) == 0:
				return nil
			}
			return arguments("DIGEST|DOCUMENT")(command, args)
		},
		RunE: func(command *cobra.Command, args []string) error {
			if receiptPath != "" {
				return s.verifyOffline(receiptPath, args)
			}
			digest, err := digestOf(args[0])
			if err != nil {
				return err
			}
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				return s.verifyOnChain(ctx, c, digest, member, savePath)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar(&receiptPath, "receipt", "", "verify this receipt, offline")
	flags.StringVar(&savePath, "save", "", "write a receipt that anybody can verify offline")
	flags.StringVar(&member, "member", "", "in this member's log (default: the first that holds it)")
	return command
}

func (s *session) verifyOffline(path string, args []string) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read receipt: %w", err)
	}
	receipt, err := evidence.VerifyReceipt(raw)
	if err != nil {
		return unverified("%s: %w", path, err)
	}
	if len(args) > 0 {
		digest, err := digestOf(args[0])
		if err != nil {
			return err
		}
		if digest != receipt.Entry.Digest {
			return unverified("%s is not the document of the receipt: its digest is %s, the receipt's %s", args[0], digest, receipt.Entry.Digest)
		}
	}
	return s.printVerified(verifiedView{Receipt: receipt, Offline: true})
}

func (s *session) verifyOnChain(ctx context.Context, c *ledger.Client, digest, member, savePath string) error {
	logs, err := s.rebuildLogs(ctx, c)
	if err != nil {
		return err
	}
	log, at, ok := logs.holding(digest, member)
	if !ok {
		return unverified("digest %s is in no log of the chain that was looked at: nothing proves it", digest)
	}
	if err := log.agrees(ctx, c); err != nil {
		return err
	}
	entry := log.entries[at]
	receipt, err := log.tree.Receipt(c.Profile().Channel+"/"+log.member, entry.entry, uint64(at), log.tree.Size())
	if err != nil {
		return unverified("prove digest %s in the log of %s: %w", digest, log.member, err)
	}
	if savePath != "" {
		raw, err := json.MarshalIndent(receipt, "", "  ")
		if err != nil {
			return fmt.Errorf("write receipt: %w", err)
		}
		if err := os.WriteFile(savePath, append(raw, '\n'), 0o644); err != nil {
			return fmt.Errorf("write receipt: %w", err)
		}
	}
	return s.printVerified(verifiedView{Receipt: receipt, Block: entry.change.Block, TxID: entry.change.TxID})
}

func (s *session) printVerified(v verifiedView) error {
	r := v.Receipt
	root := "as the receipt says it: compare it with the ledger's, or with a cosigned checkpoint"
	if !v.Offline {
		root = "rebuilt from the chain, and the same as the ledger's"
	}
	block := ""
	if v.TxID != "" {
		block = fmt.Sprintf("%d, transaction %s", v.Block, v.TxID)
	}
	return s.print(v, facts("verified",
		"digest", r.Entry.Digest, "phase", string(r.Entry.Phase), "media type", r.Entry.MediaType, "follows", r.Entry.Previous,
		"log", r.Origin, "place", fmt.Sprintf("%d of %d", r.Index+1, r.Size), "block", block, "root", r.Root.String(), "the root is", root,
	))
}
