package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// What the ledger client's own tests show on a stand-in they show on this network too: that conflicts
// are proposed anew, envelopes sent once, refusals mapped and the chain verified to its tip.
func TestTheClientKeepsItsWordOnRealPeers(t *testing.T) {
	c := onNetwork(t)
	tests := exec.Command("go", "test", "-count=1", "-run", "^TestLive", "./gateway-app/ledger")
	tests.Dir = "../.."
	tests.Env = append(os.Environ(), "TALLY_LIVE_PROFILES="+filepath.Dir(c.net.ProfilePath(harbor)))
	if said, err := tests.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	c.checkBooks(t)
}
