package e2e_test

import (
	"testing"

	"github.com/tallystick/tallystick/chaincode/contracttest"
)

// The suite that the contracts pass in memory they pass on real peers, and what it wants kept secret
// is found in no block and no log.
func TestTheContractsKeepTheirWordOnRealPeers(t *testing.T) {
	onNetwork(t)
	contracttest.Run(t, openPeers)
	t.Run("nothing private is public", func(t *testing.T) { secrets.search(t, onNetwork(t)) })
}
