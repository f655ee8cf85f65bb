package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/test-network/localnet"
)

func upCommand(options *localnet.Options) *cobra.Command {
	var withoutGateways bool
	command := &cobra.Command{
		Use:   "up",
		Short: "Bring the network up from wherever it is, and wait until it serves",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			options.Gateways = !withoutGateways
			up, err := localnet.Up(command.Context(), *options)
			if err != nil {
				return err
			}
			return announce(command.OutOrStdout(), up, options.Gateways)
		},
	}
	command.Flags().BoolVar(&withoutGateways, "without-gateways", false, "start no gateway apps")
	addChaincodeFlags(command, options)
	return command
}

// announce says where each member's connection profile lies, and how to sign in to its gateway app for the first time.
func announce(out io.Writer, up *localnet.Network, gateways bool) error {
	for _, member := range up.Consortium().Members {
		fmt.Fprintf(out, "%s\t%s\n", member.ID, up.ProfilePath(member.ID))
	}
	if !gateways {
		return nil
	}
	for _, member := range up.Consortium().Members {
		url, err := up.GatewayURL(member.ID)
		if err != nil {
			return err
		}
		first, err := up.GatewayCredentials(member.ID)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\t%s\tdocs at /docs; sign in as %s with the first password %s\n", member.ID, url, first.User, first.Password)
	}
	return nil
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
