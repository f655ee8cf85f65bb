// Command demo plays the main job of the network with real loans: it lets the consortium adopt a
// regime, brings parties, mandates and deposits, proposes, clears, funds and disburses loans of two
// platforms, and then lives through the months, receipt by receipt, until loans close or are written
// off. All the while an independent reader at the regulator's peer re-executes every block.
//
// It acts for every member through that member's gateway app: as its machine, as its supervisors, and as the
// bank behind the custodian. What it goes by it reads from the apps; what it tells at the end was counted by
// the re-execution, which trusts none of them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/gateway-app/scenario"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
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

type options struct {
	loans    int
	months   int
	profiles string
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.IntVar(&o.loans, "loans", 200, "how many of the 9,857 loans to play")
	flags.IntVar(&o.months, "months", 36, "how many months to live through after disbursement")
	flags.StringVar(&o.profiles, "profiles", ".run/dev/profiles", "the folder with the members' connection profiles")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		os.Exit(fault.ExitOK)
	} else if err != nil {
		return o, fmt.Errorf("%w: %w", errUsage, err)
	}
	switch {
	case o.loans < 1:
		return o, fmt.Errorf("%w: --loans must be at least 1", errUsage)
	case o.months < 1 || o.months > 60:
		return o, fmt.Errorf("%w: --months must be between 1 and 60", errUsage)
	}
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	applications, err := readApplications(o.loans)
	if err != nil {
		return err
	}
	cast, err := scenario.AssembleOffices(ctx, o.profiles)
	if err != nil {
		return err
	}
	defer cast.Close()
	began := time.Now()
	audit := filepath.Join(filepath.Dir(filepath.Clean(o.profiles)), "audit")
	result, err := play(ctx, cast, applications, o.months, audit)
	if err != nil {
		return err
	}
	result.print(os.Stdout, time.Since(began))
	for _, platform := range cast.Platforms {
		own := filepath.Join(audit, platform.Profile.Member)
		fmt.Printf("Recompute its decisions: bin/tally risk replay --profile %s --models %s %s\n",
			filepath.Join(o.profiles, platform.Profile.Member+".json"), filepath.Join(own, "models"), filepath.Join(own, "decisions.jsonl"))
	}
	line, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	fmt.Println(string(line))
	return nil
}

// play is the whole story, chapter by chapter. What auditors need to recompute decisions goes into a folder.
func play(ctx context.Context, c *scenario.Cast, applications []application, months int, audit string) (*result, error) {
	follower, err := follow(ctx, c)
	if err != nil {
		return nil, err
	}
	defer follower.stop()
	stage := &stage{ctx: ctx, scene: scenario.NewScene(c, scenario.Sandbox()), follower: follower}
	if err := stage.govern(); err != nil {
		return nil, fmt.Errorf("adopt the regime: %w", err)
	}
	if err := follower.catchUp(ctx); err != nil {
		return nil, err
	}
	before := follower.summary()
	if err := stage.openFirstDay(); err != nil {
		return nil, fmt.Errorf("open the first business day: %w", err)
	}
	books, err := stage.originate(applications)
	if err != nil {
		return nil, err
	}
	if err := stage.live(books, months); err != nil {
		return nil, err
	}
	result, err := stage.conclude(books, before)
	if err != nil {
		return nil, err
	}
	return result, stage.exportDecisions(books, audit)
}
