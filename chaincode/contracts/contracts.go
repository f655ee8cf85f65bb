// Package contracts assembles the chaincode: every contract behind one guard.
//
// What may be called is what core/wire lists for the contracts assembled here, and nothing else: not
// even Fabric's own metadata contract, whose answer nobody needs and whose name nobody guards.
//
// The package holds no rule of its own.
package contracts

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/consortium"
	"github.com/tallystick/tallystick/chaincode/custody"
	"github.com/tallystick/tallystick/chaincode/evidence"
	"github.com/tallystick/tallystick/chaincode/guard"
	"github.com/tallystick/tallystick/chaincode/loan"
	"github.com/tallystick/tallystick/chaincode/mandate"
	"github.com/tallystick/tallystick/chaincode/party"
	"github.com/tallystick/tallystick/chaincode/repayment"
	"github.com/tallystick/tallystick/core/wire"
)

// all lists the contracts of the chaincode.
func all(founders string) []contractapi.ContractInterface {
	return []contractapi.ContractInterface{
		consortium.New(founders),
		party.New(),
		mandate.New(),
		loan.New(),
		custody.New(),
		repayment.New(),
		evidence.New(),
	}
}

// New assembles the chaincode for a consortium whose founders have this wire.FoundersDigest. Panics and
// failures are logged to the process's default logger.
func New(founders string) (shim.Chaincode, error) {
	assembled, err := contractapi.NewChaincode(all(founders)...)
	if err != nil {
		return nil, fmt.Errorf("assemble the contracts: %w", err)
	}
	guarded, err := guard.New(assembled, table(all(founders)), slog.Default())
	if err != nil {
		return nil, fmt.Errorf("assemble the contracts: %w", err)
	}
	return guarded, nil
}

// table lists what may be called, with the number of arguments: a public request is the one argument
// of its function, a private one travels as transient data and leaves none.
func table(contracts []contractapi.ContractInterface) guard.Table {
	callable := guard.Table{}
	for _, f := range wire.Functions() {
		contract, _, _ := strings.Cut(f.Name, ":")
		for _, c := range contracts {
			if c.GetName() != contract {
				continue
			}
			if callable[f.Name] = 1; f.Private {
				callable[f.Name] = 0
			}
		}
	}
	return callable
}
