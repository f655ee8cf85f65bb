package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/network"
)

// foundersCommand prints the digest that every member's chaincode process wants as CHAINCODE_FOUNDERS.
func foundersCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "founders [consortium.yaml]",
		Short: "Print the digest of the members that may found the consortium",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			consortium, err := network.Default()
			if len(arguments) == 1 {
				consortium, err = network.Read(arguments[0])
			}
			if err != nil {
				return err
			}
			fmt.Fprintln(command.OutOrStdout(), consortium.FoundersDigest())
			return nil
		},
	}
}
