package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/serve"
)

// pseudonymCommand changes the keys behind all common pseudonyms, step by step, at the member's running app.
func pseudonymCommand(settings func() (serve.Settings, error)) *cobra.Command {
	parent := &cobra.Command{
		Use: "pseudonym", Short: "Change the keys behind all common pseudonyms",
		Long: "Two members hold a key each, so two supervisors take turns, each at their own member's app, with the token of\n" +
			"a session in TALLY_TOKEN. In this order; each step may be repeated:\n\n" +
			"  regulator   gateway-app pseudonym prepare    makes its next key\n" +
			"  custodian   gateway-app pseudonym rotate     makes its own, has everybody moved, changes over\n" +
			"  regulator   gateway-app pseudonym activate   changes over\n" +
			"  custodian   gateway-app pseudonym rotate     moves who came meanwhile, destroys its former key\n" +
			"  regulator   gateway-app pseudonym retire     destroys its former key",
	}
	step := func(name, short string, take func(*serve.Epochs, context.Context) error) *cobra.Command {
		return &cobra.Command{
			Use: name, Short: short, Args: cobra.NoArgs,
			RunE: func(command *cobra.Command, _ []string) error {
				s, err := settings()
				if err != nil {
					return err
				}
				epochs, err := serve.OpenEpochs(s, os.Getenv("TALLY_TOKEN"), command.OutOrStdout())
				if err != nil {
					return err
				}
				return take(epochs, command.Context())
			},
		}
	}
	parent.AddCommand(
		step("keys", "List the member's keys by epoch", (*serve.Epochs).Show),
		step("prepare", "Make the regulator's key of the next epoch", (*serve.Epochs).Prepare),
		step("rotate", "At the custodian: move everybody to the next epoch, as far as it can come now", (*serve.Epochs).Rotate),
		step("activate", "Make the regulator's next key the current one", (*serve.Epochs).Activate),
		step("retire", "Destroy the regulator's former key", (*serve.Epochs).Retire),
	)
	return parent
}
