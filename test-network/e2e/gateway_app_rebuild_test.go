package e2e_test

import (
	"fmt"
	"strings"
	"testing"
)

// rebuilt are a member that sees its own collection and one that sees all.
var rebuilt = []string{harbor, authority}

// Whoever doubts a member's read model drops it: folded again from the first block, it has the very rows that
// it had.
func TestARebuiltReadModelHasTheSameRows(t *testing.T) {
	c, s := openScene(t)
	l := s.Active(500_000, s.Lender(500_000))
	s.ToRow(l, 1)
	s.Pays(l, s.Owes(l))
	c.withGateways(t, rebuilt...)
	program := c.gatewayProgram(t)
	c.stopFolded(t)
	rows := map[string]int{}
	for _, member := range rebuilt {
		ended := run(within(t, patience), t, program, "rebuild", "--settings", c.gatewayFolder(member, "settings.json"))
		if ended.code != 0 {
			t.Fatalf("the rebuild at %s ended with %d:\n%s", member, ended.code, ended.errors)
		}
		rows[member] = sameRows(t, member, ended.output)
	}
	if rows[authority] <= rows[harbor] {
		t.Errorf("the read models have %v rows: the regulator's should have more than a platform's", rows)
	}
	t.Logf("rebuilt %v rows", rows)
}

// stopFolded stops the apps once none has anything more to fold.
func (c *consortium) stopFolded(t *testing.T) {
	t.Helper()
	c.checkBooks(t)
	for _, member := range rebuilt {
		for _, height := range c.heights(t) {
			if err := c.machineAt(t, member).Reach(within(t, patience), height-1); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.stopGateways(); err != nil {
		t.Fatal(err)
	}
}

// sameRows reads what the rebuild says of the rows before and after, and answers how many there are.
func sameRows(t *testing.T, member, output string) int {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(output), "\n")
	if len(lines) != 2 {
		t.Fatalf("the rebuild at %s says\n%s", member, output)
	}
	before, isBefore := strings.CutPrefix(lines[0], "before: ")
	after, isAfter := strings.CutPrefix(lines[1], "after: ")
	var rows int
	var digest string
	if _, err := fmt.Sscanf(after, "%d rows, sha256 %s", &rows, &digest); err != nil || len(digest) != 64 || rows == 0 {
		t.Errorf("the rebuild at %s says %q", member, lines[1])
	}
	if !isBefore || !isAfter || before != after {
		t.Errorf("the rebuild at %s ends with other rows:\n%s", member, output)
	}
	return rows
}
