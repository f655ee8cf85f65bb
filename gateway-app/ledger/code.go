package ledger

import (
	"fmt"

	"github.com/hyperledger/fabric-protos-go-apiv2/peer"

	"github.com/tallystick/tallystick/core/fault"
)

// Code is a peer's verdict on an ordered transaction. It is the same at every peer.
type Code int32

// The verdicts that this package tells apart; Fabric names the others.
const (
	Valid        = Code(peer.TxValidationCode_VALID)
	duplicate    = Code(peer.TxValidationCode_DUPLICATE_TXID)
	policyNotMet = Code(peer.TxValidationCode_ENDORSEMENT_POLICY_FAILURE)
	readConflict = Code(peer.TxValidationCode_MVCC_READ_CONFLICT)
	phantomRead  = Code(peer.TxValidationCode_PHANTOM_READ_CONFLICT)
)

// Valid reports whether the transaction's writes count.
func (c Code) Valid() bool { return c == Valid }

// String is Fabric's name of the verdict.
func (c Code) String() string {
	if name, ok := peer.TxValidationCode_name[int32(c)]; ok {
		return name
	}
	return fmt.Sprintf("CODE_%d", int32(c))
}

// MarshalText writes the name.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// refusal is the fault that a verdict means, or nil for a valid transaction.
func (c Code) refusal() *fault.Fault {
	switch c {
	case Valid:
		return nil
	case readConflict, phantomRead:
		return fault.New(fault.Conflict)
	case policyNotMet:
		return fault.New(fault.PolicyNotMet)
	case duplicate:
		return fault.New(fault.DuplicateTx)
	}
	return fault.New(fault.EndorsementRefused)
}
