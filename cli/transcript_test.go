package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallystick/tallystick/core/evidence"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tally": main})
}

// TestOfflineTranscripts plays what needs no network. The other transcripts, under testdata/network
// and testdata/gateway, are played by the end-to-end tests.
func TestOfflineTranscripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/offline",
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			return errors.Join(writeReceipts(env.WorkDir), writeAccessLogs(env.WorkDir), writeLoans(env.WorkDir))
		},
	})
}

// exits runs a command and wants one exit code: exits CODE COMMAND...
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("run %s: %v", strings.Join(args[1:], " "), err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

// writeReceipts makes a receipt for the document agreement.txt, and one whose proof was tampered with.
func writeReceipts(folder string) error {
	path := filepath.Join(folder, "agreement.txt")
	if err := os.WriteFile(path, []byte("I owe you one.\n"), 0o600); err != nil {
		return err
	}
	digest, err := digestFile(path)
	if err != nil {
		return err
	}
	entry := evidence.Entry{Digest: digest, Phase: evidence.PhaseAgreement, MediaType: "text/plain"}
	other := evidence.Entry{Digest: strings.Repeat("0", 64), Phase: evidence.PhaseOther, MediaType: "text/plain"}
	receipt, err := evidence.NewTree([]evidence.Hash{other.LeafHash(), entry.LeafHash()}).Receipt("lending/harbor", entry, 1, 2)
	if err != nil {
		return err
	}
	if err := writeJSON(filepath.Join(folder, "receipt.json"), receipt); err != nil {
		return err
	}
	receipt.Entry.Phase = evidence.PhaseAmendment
	return writeJSON(filepath.Join(folder, "tampered.json"), receipt)
}

// writeLoans takes some of the demo's loans, so that models train in a moment.
func writeLoans(folder string) error {
	raw, err := os.ReadFile(filepath.Join("..", "gateway-app", "demo", "data", "loans.csv"))
	if err != nil {
		return err
	}
	lines := strings.SplitAfterN(string(raw), "\n", 2502)
	return os.WriteFile(filepath.Join(folder, "loans.csv"), []byte(strings.Join(lines[:2501], "")), 0o600)
}

func writeJSON(path string, value any) error {
	raw, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o600)
}
