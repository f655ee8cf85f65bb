package e2e_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// Every command of tally, good and refused, as an auditor types it: the transcripts lie with the
// command, under cli/testdata.
func TestTheCommandsTranscripts(t *testing.T) {
	c, s := openScene(t)
	playTranscripts(t, "network", transcriptValues(t, c, s))
}

// What can be read through a member's gateway app is the same that a replay of the ledger shows.
func TestTheCommandsReadThroughTheGatewayApp(t *testing.T) {
	c, s := openScene(t)
	values := transcriptValues(t, c, s)
	c.withGateways(t, harbor, lantern)
	for _, member := range []string{harbor, lantern} {
		if err := c.machineAt(t, member).Reach(within(t, patience), c.heights(t)[member]-1); err != nil {
			t.Fatal(err)
		}
	}
	playTranscripts(t, "gateway", append(values, "TALLY_PROFILE="+c.net.ProfilePath(harbor)))
}

// playTranscripts plays a folder of the command's transcripts.
func playTranscripts(t *testing.T, folder string, values []string) {
	t.Helper()
	tally := buildTally(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "../../cli/testdata/" + folder,
		RequireExplicitExec: true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			env.Vars = append(env.Vars, values...)
			env.Setenv("PATH", filepath.Dir(tally)+string(os.PathListSeparator)+env.Getenv("PATH"))
			return os.WriteFile(filepath.Join(env.WorkDir, "document.txt"), []byte(contracttest.NewDigest()), 0o600)
		},
	})
}

// transcriptValues plays what the transcripts speak of, and names it: a loan of 5,000 yuan from one
// lender of which one instalment is paid, its agreement, and a receipt that named no loan.
func transcriptValues(t *testing.T, c *consortium, s *contracttest.Scene) []string {
	t.Helper()
	lender := s.Lender(500_000)
	l := s.Active(500_000, lender)
	_, row := s.ToRow(l, 1)
	paid := peers{c}.Submit(t, s.Posting(s.Receipt(l.ID(), contracttest.Due(row))))
	if paid.Fault != nil {
		t.Fatal(paid.Fault)
	}
	astray := s.Receipt(wire.LoanID("lending", harbor, contracttest.NewHandle()), 12_34)
	s.Do(s.Posting(astray))
	funding := s.View(l).Funding
	yuan := money.CNY.Format
	folder := filepath.Dir(c.net.ProfilePath(harbor))
	return []string{
		"PROFILES=" + folder,
		"TALLY_PROFILE=" + filepath.Join(folder, string(party.Auditor)+".json"),
		"REGIME=" + l.Terms.Regime, "LOAN=" + l.ID(), "HANDLE=" + l.Handle(),
		"BORROWER=" + l.Borrower.Handle, "LENDER=" + lender.Handle,
		"MANDATE=" + funding.Allocations[0].Mandate, "HOLD=" + funding.Allocations[0].Hold,
		"PAID=" + yuan(contracttest.Due(row)), "PRINCIPAL_BACK=" + yuan(row.PrincipalMinor),
		"SUSPENSE=" + contracttest.SuspenseOf(astray), "TX=" + paid.TxID,
	}
}

// buildTally compiles the command under the name by which it is called.
func buildTally(t *testing.T) string {
	t.Helper()
	built := build(t, "cli")
	path := filepath.Join(filepath.Dir(built), "tally")
	if err := os.Rename(built, path); err != nil {
		t.Fatal(err)
	}
	return path
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
			ts.Fatalf("run %s: %v", args[1], err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("it exits with %d, want %d", got, want)
	}
}
