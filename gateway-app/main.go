// Command gateway-app is what a member of the consortium runs beside its peer: platforms submit through
// it, banks work through it, regulators read through it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/serve"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := command().ExecuteContext(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	fmt.Fprintln(os.Stderr, "gateway-app:", err)
	os.Exit(fault.ExitError)
}

func command() *cobra.Command {
	var path string
	root := &cobra.Command{
		Use: "gateway-app", Short: "A member's door to the consortium's ledger",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&path, "settings", "settings.json", "the member's settings")
	root.AddCommand(
		&cobra.Command{
			Use: "serve", Short: "Serve the API, and do what the app does by itself", Args: cobra.NoArgs,
			RunE: func(command *cobra.Command, _ []string) error {
				settings, err := serve.LoadSettings(path)
				if err != nil {
					return err
				}
				return serve.Run(command.Context(), settings, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
			},
		},
		&cobra.Command{
			Use: "rebuild", Short: "Drop the read model and fold every block again", Args: cobra.NoArgs,
			Long: "Drops the read model and folds every block again, from the first. End the app before: beside one\n" +
				"that runs, here or on another machine, it is refused. Nothing is lost by it; it ends with the rows that\n" +
				"were there. Where it is cut off, the app goes on with it, and answers no read of the books before its end.",
			RunE: func(command *cobra.Command, _ []string) error {
				settings, err := serve.LoadSettings(path)
				if err != nil {
					return err
				}
				return serve.Rebuild(command.Context(), settings, command.OutOrStdout())
			},
		},
	)
	settings := func() (serve.Settings, error) { return serve.LoadSettings(path) }
	root.AddCommand(vaultCommand(settings), pseudonymCommand(settings), administratorCommand(settings))
	for _, parent := range root.Commands() {
		if parent.HasSubCommands() {
			parent.RunE = nameSubcommand
		}
	}
	return root
}

// nameSubcommand is what a command does that only stands for others: it fails, so that no script takes a slip of the pen
// for something done.
func nameSubcommand(command *cobra.Command, _ []string) error {
	names := make([]string, 0, len(command.Commands()))
	for _, each := range command.Commands() {
		names = append(names, each.Name())
	}
	return fmt.Errorf("%s: name one of %s", command.CommandPath(), strings.Join(names, ", "))
}
