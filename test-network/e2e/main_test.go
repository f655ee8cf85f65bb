// Package e2e_test plays the consortium's business on real peers, consenters and certificate
// authorities: one network, made for this package and removed after it, for all of its tests.
//
// Tests share the ledger, so each draws its own handles and request ids, and none assumes to be alone.
// Behind all of them an independent reader at the regulator's peer re-executes every block: after
// every step of every test the books hold, or that test fails.
package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/tallystick/tallystick/test-network/localnet"
	"github.com/tallystick/tallystick/test-network/toolchain"
)

const (
	networkName = "e2e"
	basePort    = 31050 // below the system's range of passing ports

	// insideVariable marks the process that runs the tests, inside the one that keeps the network.
	insideVariable = "TALLY_E2E_INSIDE"
)

// TestMain runs the tests in a process of their own, so that the network is taken down also after a
// panic, a time-out or an interrupt has ended them.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(insideVariable) != "" || testing.Short() || flag.Lookup("test.list").Value.String() != "" {
		os.Exit(m.Run())
	}
	code, err := keepNetwork()
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// options say which network the tests have.
func options() localnet.Options {
	return localnet.Options{Name: networkName, BasePort: basePort, Gateways: true, Progress: progress{}}
}

// progress writes what the network's start says beside the tests' own output.
type progress struct{}

func (progress) Write(text []byte) (int, error) { return fmt.Fprintf(os.Stderr, "e2e: %s", text) }

// keepNetwork brings the network up, runs the tests inside and takes it down again. After a failure it
// leaves the stopped network's folder, with the logs, to be read.
func keepNetwork() (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root, err := toolchain.FindRoot(".")
	if err != nil {
		return 1, err
	}
	if _, err := os.Stat(toolchain.ToolsOf(root).Path("peer")); err != nil {
		return 1, fmt.Errorf("look for Fabric's programs: %w: build them with make build", err)
	}
	unlock, err := toolchain.Lock(ctx, filepath.Join(root, ".run", "e2e-tests.lock"))
	if err != nil {
		return 1, err
	}
	defer unlock()
	if err := removeOld(ctx); err != nil {
		return 1, err
	}
	up, err := localnet.Up(ctx, options())
	if err != nil {
		return 1, err
	}
	code = runInside(ctx)
	return code, takeDown(up, filepath.Join(root, ".run", networkName), code)
}

// removeOld removes what an earlier run has left to be read.
func removeOld(ctx context.Context) error {
	old, err := localnet.Open(options())
	if errors.Is(err, localnet.ErrNeverUp) {
		return nil
	}
	if err != nil {
		return err
	}
	return old.Reset(ctx)
}

// runInside runs the tests with this process's own arguments. An interrupt ends them, and they are
// given a moment to say where they were.
func runInside(ctx context.Context) int {
	begun := time.Now()
	tests := exec.CommandContext(ctx, os.Args[0], os.Args[1:]...)
	tests.Env = append(os.Environ(), insideVariable+"=1")
	tests.Stdout, tests.Stderr = os.Stdout, os.Stderr
	tests.Cancel = func() error { return tests.Process.Signal(syscall.SIGQUIT) }
	tests.WaitDelay = 10 * time.Second
	err := tests.Run()
	fmt.Fprintf(os.Stderr, "e2e: tests took %.1fs\n", time.Since(begun).Seconds())
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return exit.ExitCode()
	}
	fmt.Fprintln(os.Stderr, "e2e: run the tests:", err)
	return 1
}

func takeDown(up *localnet.Network, folder string, code int) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if code == 0 {
		return up.Reset(ctx)
	}
	fmt.Fprintf(os.Stderr, "e2e: the nodes' logs are kept in %s\n", filepath.Join(folder, "logs"))
	return up.Down(ctx)
}
