package main

import (
	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/network"
	"github.com/tallystick/tallystick/test-network/localnet"
)

// newCommand is the command line: flags that say which network, and what to do with it.
func newCommand() *cobra.Command {
	var options localnet.Options
	root := &cobra.Command{
		Use:           "test-network",
		Short:         "Run a consortium of real Fabric nodes on this machine",
		SilenceUsage:  true,
		SilenceErrors: true,
		PersistentPreRun: func(command *cobra.Command, _ []string) {
			options.Progress = command.ErrOrStderr()
		},
	}
	flags := root.PersistentFlags()
	flags.StringVar(&options.Name, "name", localnet.DefaultName, "which network")
	flags.IntVar(&options.BasePort, "base-port", 0, "first of the network's ports (default 7050, or as it was made); from 32768 on outgoing connections may take them")
	flags.StringVar(&options.Root, "root", "", "the repository (default: the one around the working folder)")
	root.AddCommand(
		upCommand(&options), downCommand(&options), resetCommand(&options), statusCommand(&options),
		logsCommand(&options), killCommand(&options), startCommand(&options), revokeCommand(&options),
		buildCommand(&options), fontsCommand(&options), preflightCommand(&options), foundersCommand(),
	)
	return root
}

// addChaincodeFlags lets up choose what to deploy.
func addChaincodeFlags(command *cobra.Command, options *localnet.Options) {
	var withPlain, onlyPlain bool
	command.Flags().BoolVar(&withPlain, "with-plain", false, "also deploy the one-asset contract that benchmarks compare with")
	command.Flags().BoolVar(&onlyPlain, "only-plain", false, "deploy that contract alone")
	command.MarkFlagsMutuallyExclusive("with-plain", "only-plain")
	command.PreRunE = func(*cobra.Command, []string) error {
		consortium, err := network.Default()
		if err != nil {
			return err
		}
		switch {
		case onlyPlain:
			options.Chaincodes = []string{localnet.PlainChaincode}
		case withPlain:
			options.Chaincodes = []string{consortium.Chaincode, localnet.PlainChaincode}
		}
		return nil
	}
}
