package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/gateway-app/serve"
)

// administratorCommand is the way back for a member whose administrators cannot help each other.
func administratorCommand(settings func() (serve.Settings, error)) *cobra.Command {
	parent := &cobra.Command{
		Use: "administrator", Short: "Let an administrator in again, or out, from the member's own machine",
		Long: "Rights of staff take two administrators. Where one of two is lost or turned, the other can do nothing alone:\n" +
			"these commands can, from the machine that has the settings, the master key and the database. Each is written\n" +
			"into the access log as done at-the-machine, before it is done. The app may run.",
	}
	for _, each := range []struct {
		use, short string
		do         func(ctx context.Context, s serve.Settings, name string, out io.Writer) error
	}{
		{"restore", "Make an administrator of a name, or let a former one in again; prints a password", serve.RestoreAdministrator},
		{"disable", "Lock a user out at once", serve.DisableAdministrator},
		{"unlock", "Forgive a user's failed sign-ins", serve.UnlockAdministrator},
	} {
		parent.AddCommand(&cobra.Command{
			Use: each.use + " NAME", Short: each.short, Args: cobra.ExactArgs(1),
			RunE: func(command *cobra.Command, names []string) error {
				s, err := settings()
				if err != nil {
					return err
				}
				return each.do(command.Context(), s, names[0], command.OutOrStdout())
			},
		})
	}
	return parent
}
