package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/test-network/localnet"
)

func buildCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "build",
		Short: "Build Fabric's programs from their pins, unless they are built",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return localnet.Build(command.Context(), *options)
		},
	}
}

func fontsCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "fonts",
		Short: "Fetch the font for PDF reports with npm, unless it is there",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return localnet.FetchFonts(command.Context(), *options)
		},
	}
}

func preflightCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "preflight",
		Short: "Say whether this machine can run the network, and what to do if not",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := localnet.Preflight(*options); err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), "this machine can run the network")
			return nil
		},
	}
}
