package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tallystick/tallystick/test-network/localnet"
)

func statusCommand(options *localnet.Options) *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "status",
		Short: "List every node: whether it runs, where, and how many blocks it has",
		Args:  cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			n, err := localnet.Open(*options)
			if err != nil {
				return err
			}
			nodes := n.Status(command.Context())
			if asJSON {
				return json.NewEncoder(command.OutOrStdout()).Encode(nodes)
			}
			return writeStatus(command.OutOrStdout(), nodes)
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "as one JSON array, for programs")
	return command
}

func writeStatus(out io.Writer, nodes []localnet.NodeStatus) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NODE\tSTATE\tPID\tADDRESS\tBLOCKS\tCPU\tMEMORY")
	for _, node := range nodes {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", node.Name, node.State, positive(node.PID),
			node.Address, positive(int(node.Height)), node.CPU.Round(10e6), megabytes(node.MemoryBytes))
	}
	return table.Flush()
}

func positive(number int) string {
	if number == 0 {
		return "-"
	}
	return fmt.Sprint(number)
}

func megabytes(bytes int64) string {
	if bytes == 0 {
		return "-"
	}
	return fmt.Sprintf("%d MB", bytes>>20)
}

func logsCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "logs NODE",
		Short: "Print a node's log",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			n, err := localnet.Open(*options)
			if err != nil {
				return err
			}
			path, err := n.LogPath(arguments[0])
			if err != nil {
				return err
			}
			return printFile(command.OutOrStdout(), path)
		},
	}
}

func printFile(out io.Writer, path string) error {
	log, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	defer log.Close()
	if _, err := io.Copy(out, log); err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	return nil
}

func killCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "kill NODE",
		Short: "End a node as a crash would",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			n, err := localnet.Open(*options)
			if err != nil {
				return err
			}
			return n.Kill(command.Context(), arguments[0])
		},
	}
}

func startCommand(options *localnet.Options) *cobra.Command {
	return &cobra.Command{
		Use:   "start NODE",
		Short: "Start a node and wait until it serves",
		Args:  cobra.ExactArgs(1),
		RunE: func(command *cobra.Command, arguments []string) error {
			n, err := localnet.Open(*options)
			if err != nil {
				return err
			}
			return n.Start(command.Context(), arguments[0])
		},
	}
}
