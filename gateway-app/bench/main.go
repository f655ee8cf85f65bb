// Command bench measures how many repayments a second the network posts, allocates and distributes, in
// confidence, against the transaction rate of a plain one-asset contract on the same network.
//
// Phases of the two alternate, so that whatever else the machine does falls on both, and each figure is
// the median of its phases. A repayment counts once the custodian's own peer has committed its
// transaction as valid, and at the end every loan is read back: what was posted must be what the ledger
// holds, to the minor unit. The bench never starts a network, and prints no figure that this run did not
// measure.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/tallystick/tallystick/core/fault"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(exitCode(err))
	}
}

var errUsage = errors.New("usage")

func exitCode(err error) int {
	if errors.Is(err, errUsage) {
		return fault.ExitUsage
	}
	return fault.ExitError
}

// options are what a run measures with.
type options struct {
	profiles string
	nodes    string        // the file with what `test-network status --json` said
	rounds   int           // phases of each kind
	phase    time.Duration // of the plain contract; a phase of repayments takes what it takes
	lanes    int           // requests under way at once, a platform
	batch    int           // receipts in a request
	months   int           // instalments that each loan pays in one phase
	samples  int           // of the idle latency, of each kind
}

const (
	instalments = 60 // of every loan: what a run can post at most
	lendersEach = 10 // of every loan
)

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&o.profiles, "profiles", ".run/bench/profiles", "the folder with the members' connection profiles")
	flags.StringVar(&o.nodes, "nodes", ".run/bench/nodes.json", "the file with the output of test-network status --json")
	flags.IntVar(&o.rounds, "rounds", 5, "how many phases of each kind")
	flags.DurationVar(&o.phase, "phase", 8*time.Second, "how long a phase of the plain contract is")
	flags.IntVar(&o.lanes, "lanes", 2, "how many requests of repayments are under way at once for each platform")
	flags.IntVar(&o.batch, "batch", 500, "how many receipts a request holds")
	flags.IntVar(&o.months, "months", 4, "how many instalments each loan pays in one phase")
	flags.IntVar(&o.samples, "samples", 60, "how many idle commands of each kind")
	if err := flags.Parse(args); err != nil {
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	switch {
	case o.rounds < 1 || o.lanes < 1 || o.batch < 1 || o.months < 1 || o.samples < 1 || o.phase < time.Second:
		return o, fmt.Errorf("%w: every number must be at least 1, and --phase at least 1s", errUsage)
	case (o.rounds+1)*o.months > instalments:
		return o, fmt.Errorf("%w: (rounds + 1) × months can be at most %d, the instalments of a loan", errUsage, instalments)
	}
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	machine, err := readMachine(o.nodes)
	if err != nil {
		return err
	}
	field, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer field.close()
	result, err := measure(ctx, o, field, machine)
	if err != nil {
		return err
	}
	return result.print(os.Stdout)
}

// say tells on standard error what takes the time.
func say(format string, values ...any) { fmt.Fprintf(os.Stderr, "== bench: "+format+"\n", values...) }
