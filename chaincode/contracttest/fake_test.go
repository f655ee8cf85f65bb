package contracttest_test

import (
	"testing"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"

	"github.com/tallystick/tallystick/chaincode/contracts"
	"github.com/tallystick/tallystick/chaincode/contracttest"
	"github.com/tallystick/tallystick/core/wire"
)

// The whole suite, on two fakes that must agree byte by byte.
func TestOnTheFake(t *testing.T) {
	contracttest.Run(t, func(t *testing.T) contracttest.Ledger {
		return contracttest.OpenFake(t, assembled(t))
	})
}

func assembled(t *testing.T) func() shim.Chaincode {
	return func() shim.Chaincode {
		chaincode, err := contracts.New(wire.FoundersDigest(contracttest.FakeFounders()))
		if err != nil {
			t.Fatal(err)
		}
		return chaincode
	}
}
