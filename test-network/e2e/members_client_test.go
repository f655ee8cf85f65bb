package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The members' client has tests of its own that want a running network.
func TestTheMembersClientPassesItsOwnTestsOnThisNetwork(t *testing.T) {
	c, _ := openScene(t)
	c.levelConsenters(t)
	tests := exec.CommandContext(within(t, 2*patience), "go", "test", "-count=1", "-v", "-run", "^TestLive", "./gateway-app/ledger")
	tests.Dir = repository(t)
	tests.Env = append(os.Environ(), "TALLY_LIVE_PROFILES="+filepath.Dir(c.net.ProfilePath(authority)))
	said, err := tests.CombinedOutput()
	passed, skipped := strings.Count(string(said), "--- PASS"), strings.Count(string(said), "--- SKIP")
	if err != nil || passed == 0 || skipped > 0 {
		t.Errorf("%d passed, %d were skipped, %v:\n%s", passed, skipped, err, said)
	}
	c.checkBooks(t)
}
