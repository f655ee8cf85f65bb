package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

type anchoredView struct {
	Document string         `json:"document"`
	Entry    evidence.Entry `json:"entry"`
	TxID     string         `json:"tx_id"`
	Block    uint64         `json:"block"`
}

func newEvidenceAdd(s *session) *cobra.Command {
	var entry evidence.Entry
	command := &cobra.Command{
		Use:   "add DOCUMENT...",
		Short: "Anchor the digests of documents in this member's log",
		Long: "Anchor the SHA-256 of each document in the log of the member whose identity acts. The documents\n" +
			"themselves go nowhere. All of them are anchored in one transaction, or none.",
		Args: func(command *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return misused("%s needs DOCUMENT: see %s --help", command.CommandPath(), command.CommandPath())
			case !entry.Phase.Valid():
				return misused("--phase %s is not known: use one of %s", entry.Phase, phases())
			case entry.Previous != "" && len(args) > 1:
				return misused("--previous belongs to one document: %d were named", len(args))
			}
			return nil
		},
		RunE: func(command *cobra.Command, args []string) error {
			return s.within(command.Context(), func(ctx context.Context, c *ledger.Client) error {
				return s.anchor(ctx, c, entry, args)
			})
		},
	}
	flags := command.Flags()
	flags.StringVar((*string)(&entry.Phase), "phase", string(evidence.PhaseOther), "part of a loan's life: "+phases())
	flags.StringVar(&entry.Previous, "previous", "", "digest of the document that this one follows")
	flags.StringVar(&entry.MediaType, "media-type", "", "media type (default: by the document's name)")
	return command
}

func phases() string {
	var names []string
	for _, phase := range evidence.Phases() {
		names = append(names, string(phase))
	}
	return strings.Join(names, ", ")
}

func (s *session) anchor(ctx context.Context, c *ledger.Client, entry evidence.Entry, documents []string) error {
	request := wire.Request[evidence.Entry]{Version: wire.Version, ID: randomHex(16), Mode: wire.Atomic}
	for _, document := range documents {
		e := entry
		var err error
		if e.Digest, err = digestFile(document); err != nil {
			return err
		}
		if e.MediaType == "" {
			e.MediaType = mediaTypeOf(document)
		}
		if slices.ContainsFunc(request.Items, func(other evidence.Entry) bool { return other.Digest == e.Digest }) {
			return fmt.Errorf("anchor %s: another document named has the same content: name it once", document)
		}
		request.Items = append(request.Items, e)
	}
	result, err := c.Submit(ctx, "Evidence:Append", request)
	if err != nil {
		return err
	}
	views := []anchoredView{}
	t := sheet{columns: []string{"document", "digest", "phase", "media type", "block", "transaction"}, numbers: []string{"block"}}
	for i, e := range request.Items {
		views = append(views, anchoredView{documents[i], e, result.TxID, result.BlockNumber})
		t.add(documents[i], e.Digest, string(e.Phase), e.MediaType, fmt.Sprint(result.BlockNumber), short(result.TxID))
	}
	return s.print(views, t)
}
