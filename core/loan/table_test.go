package loan_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/party"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with a file of testdata, which -update rewrites.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("testdata/%s differs; look at it after -update\n%s", name, firstDifference(got, string(want)))
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, g[i], strings.Join(w[min(i, len(w)):min(i+1, len(w))], ""))
		}
	}
	return fmt.Sprintf("%d lines are missing", len(w)-len(g))
}

func kinds() []party.MemberKind {
	return []party.MemberKind{party.Platform, party.Custodian, party.Regulator}
}

// Every status, action and kind of member: where it leads, or why it is refused.
func TestEveryTransition(t *testing.T) {
	var b strings.Builder
	b.WriteString("# status × action × who → where it may lead, or the refusal; \"stays\" changes no status\n")
	for _, status := range loan.Statuses() {
		for _, action := range loan.Actions() {
			for _, who := range kinds() {
				fmt.Fprintf(&b, "%-12s %-10s %-10s %s\n", name(status), action, who, outcome(status, action, who))
			}
		}
	}
	golden(t, "transitions.txt", b.String())
}

func name(s loan.Status) string {
	if s == loan.None {
		return "none"
	}
	return string(s)
}

func outcome(s loan.Status, a loan.Action, who party.MemberKind) string {
	if err := loan.Permit(s, a, who); err != nil {
		return "refused: " + string(fault.Of(err).Code)
	}
	for _, t := range loan.Transitions() {
		if t.Action != a || !slices.Contains(t.From, s) || !slices.Contains(t.Who, who) {
			continue
		}
		if len(t.To) == 0 {
			return "stays"
		}
		to := make([]string, len(t.To))
		for i, status := range t.To {
			to[i] = name(status)
		}
		return strings.Join(to, " or ")
	}
	return "permitted by nothing in the table"
}

// Nobody but a member acts, and no member acts twice in one row.
func TestTableIsWellFormed(t *testing.T) {
	seen := map[string]bool{}
	for _, row := range loan.Transitions() {
		if len(row.From) == 0 || len(row.Who) == 0 || !slices.Contains(loan.Actions(), row.Action) {
			t.Errorf("%v names nothing", row)
		}
		for _, s := range slices.Concat(row.From, row.To) {
			if !slices.Contains(loan.Statuses(), s) {
				t.Errorf("%q is no status", s)
			}
		}
		for _, s := range row.From {
			key := fmt.Sprint(s, "/", row.Action)
			if seen[key] {
				t.Errorf("%s is in two rows", key)
			}
			seen[key] = true
		}
	}
	for _, s := range loan.Statuses() {
		for _, a := range loan.Actions() {
			if loan.Permit(s, a, "auditor") == nil || loan.Permit(s, a, "") == nil {
				t.Errorf("%s of a loan that is %q is open to somebody who is no member", a, s)
			}
		}
	}
}

// Whatever the bank received is booked: wherever money was ever lent, frozen or finished.
func TestReceiptsAreNeverRefusedByStatus(t *testing.T) {
	for _, s := range []loan.Status{loan.Active, loan.Repaid, loan.WrittenOff} {
		if err := loan.Permit(s, loan.ActReceive, party.Custodian); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
}
