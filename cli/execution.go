package main

import (
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/books"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/mandate"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

// execution is the ledger, executed again block by block. Money is core/books' part; what it passes
// over is folded here, so that no record of a known kind stands unverified.
type execution struct {
	profile ledger.Profile
	guards  guards
	auditor *books.Auditor
	folders []folder
	logs    memberLogs
	state   *replayed
	view    checkView
}

func newExecution(profile ledger.Profile) *execution {
	return &execution{
		profile: profile,
		guards:  newGuards(profile),
		auditor: books.New(),
		state:   &replayed{latest: map[place]ledger.Change{}},
		view:    checkView{Member: profile.Member},
		folders: []folder{
			newFolding(parties, "", party.Apply),
			newFolding(mandates, "", mandate.Apply),
			newFolding(regimes, "", regime.Apply),
			newFolding(days, "", custody.ApplyDay),
			newFolding("freeze/", "", wire.PlatformFreeze.Apply),
			newFoldingFrom("exposure/", "", func(pseudonym string) wire.ExposureState {
				return wire.ExposureState{Pseudonym: pseudonym}
			}, wire.ExposureState.Apply),
			newFolding(evidenceLogs, "/log", evidence.Apply),
		},
	}
}

// block executes one block. Private data that the peer should have and has not leaves nothing to
// execute, so it ends the check.
func (e *execution) block(block ledger.Block) error {
	e.view.Blocks++
	for _, tx := range block.Transactions {
		e.view.Transactions++
		if !tx.Code.Valid() {
			e.view.Invalid++
			continue
		}
		if len(tx.Missing) > 0 {
			return unverified("block %d, transaction %s: the peer of %s lacks %d private values, the first in %s under the key with SHA-256 %s: ask another holder",
				block.Number, tx.ID, e.profile.Member, len(tx.Missing), tx.Missing[0].Collection, tx.Missing[0].KeyHash)
		}
		if err := e.transaction(tx, ledger.Block{Number: block.Number, Transactions: []ledger.Tx{tx}}); err != nil {
			return unverified("block %d: %w", block.Number, err)
		}
	}
	return nil
}

func (e *execution) transaction(tx ledger.Tx, alone ledger.Block) error {
	if err := e.guards.transaction(tx); err != nil {
		return fmt.Errorf("transaction %s: %w", tx.ID, err)
	}
	changes := alone.Changes(e.profile.Chaincode)
	writes := make([]books.Write, 0, len(changes))
	for _, change := range changes {
		if change.Delete {
			return fmt.Errorf("transaction %s deleted %s %s: nothing is ever deleted here", tx.ID, change.Collection, change.Key)
		}
		writes = append(writes, books.Write{Collection: change.Collection, Key: change.Key, Value: change.Value})
		if err := e.fold(change); err != nil {
			return err
		}
	}
	creator := books.Creator{MSPID: tx.Creator.MSPID, Role: party.Role(tx.Creator.Role)}
	return e.auditor.Transaction(tx.ID, creator, writes)
}

func (e *execution) fold(change ledger.Change) error {
	e.state.fold(change)
	if strings.HasPrefix(change.Key, loans) || strings.HasPrefix(change.Key, instructions) ||
		strings.HasPrefix(change.Key, accounts) || strings.HasPrefix(change.Key, suspended) {
		e.view.Records++ // core/books folds these
	}
	for _, folder := range e.folders {
		if !folder.folds(change.Key) {
			continue
		}
		e.view.Records++
		if err := folder.fold(change); err != nil {
			return fmt.Errorf("transaction %s, %s %s: %w", change.TxID, change.Collection, change.Key, err)
		}
	}
	return e.logs.see(change)
}
