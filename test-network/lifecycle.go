package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/test-network/localnet"
)

func upCommand(options *localnet.Options) *cobra.Command {
	command := &cobra.Command{
		Use:   "up",
		Short: "Bring the network up from wherever it is, and wait until it serves",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			up, err := localnet.Up(command.Context(), *options)
			if err != nil {
				return err
			}
			for _, member := range up.Consortium().Members {
				fmt.Fprintf(command.OutOrStdout(), "%s\t%s\n", member.ID, up.ProfilePath(member.ID))
			}
			return nil
		},
	}
	addChaincodeFlags(command, options)
	return command
}

func downCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Stop every process; ledgers and identities stay",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return unlessNeverUp(*options, func(n *localnet.Network) error { return n.Down(command.Context()) })
		},
	}
}

func resetCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "reset",
		Short: "Stop every process and remove ledgers, identities and logs",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return unlessNeverUp(*options, func(n *localnet.Network) error { return n.Reset(command.Context()) })
		},
	}
}

// unlessNeverUp makes stopping a network that does not exist a success: it is stopped.
func unlessNeverUp(options localnet.Options, do func(*localnet.Network) error) error {
	found, err := localnet.Open(options)
	if errors.Is(err, localnet.ErrNeverUp) {
		return nil
	}
	if err != nil {
		return err
	}
	return do(found)
}
