package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/test-network/localnet"
)

func revokeCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "revoke MEMBER FILE",
		Short: "Put a member's list of revoked certificates (PEM; - for standard input) into the channel's configuration",
		Args:  cobra.ExactArgs(2),
		RunE: func(command *cobra.Command, arguments []string) error {
			list, err := readFileOr(command.InOrStdin(), arguments[1])
			if err != nil {
				return err
			}
			n, err := localnet.Open(*options)
			if err != nil {
				return err
			}
			return n.Revoke(command.Context(), arguments[0], list)
		},
	}
}

// readFileOr reads a file, or what is handed in where the path is "-".
func readFileOr(in io.Reader, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(in)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the list of revoked certificates: %w", err)
	}
	return text, nil
}
