package main

import (
	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/serve"
)

// vaultCommand changes the keys under which personal values are sealed.
func vaultCommand(settings func() (serve.Settings, error)) *cobra.Command {
	parent := &cobra.Command{
		Use: "vault", Short: "Change the keys under which personal values and secrets are sealed",
		Long: "Data keys seal values; the master key, in a file, wraps the data keys. Each command may be killed at any\n" +
			"point and run again: nothing is lost, and the second run ends what the first began.",
	}
	atOnce := false
	retire := &cobra.Command{
		Use: "retire", Short: "Forget the data keys that were superseded a day ago", Args: cobra.NoArgs,
		Long: "Seals anew what is still under them and destroys them; the app may run. With --at-once every key but the\n" +
			"newest goes, and the app must stand still: one that runs may seal under a former key for half a day.",
		RunE: func(command *cobra.Command, _ []string) error {
			s, err := settings()
			if err != nil {
				return err
			}
			return serve.RetireVault(command.Context(), s, command.OutOrStdout(), atOnce)
		},
	}
	retire.Flags().BoolVar(&atOnce, "at-once", false, "do not wait for a day; end the app before")
	parent.AddCommand(retire,
		&cobra.Command{
			Use: "rotate", Short: "Begin a new data key and seal everything under it", Args: cobra.NoArgs,
			Long: "The new key is of the algorithm that field_cipher names, so a change of that setting is a rotation too. The\n" +
				"app may run. What it seals under the former key meanwhile still opens, and is left to vault retire.",
			RunE: func(command *cobra.Command, _ []string) error {
				s, err := settings()
				if err != nil {
					return err
				}
				return serve.RotateVault(command.Context(), s, command.OutOrStdout())
			},
		},
		&cobra.Command{
			Use: "rewrap", Short: "Put another master key in the place of the present one", Args: cobra.NoArgs,
			Long: "Wraps every data key with a new master key and replaces the file. End the app before. A backup of the\n" +
				"database from before opens with the former master key only: keep that as long as you keep the backup.",
			RunE: func(command *cobra.Command, _ []string) error {
				s, err := settings()
				if err != nil {
					return err
				}
				return serve.RewrapVault(command.Context(), s, command.OutOrStdout())
			},
		},
	)
	return parent
}
