package records

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// Exposure answers the exposure of the person that a pseudonym stands for: where the person has another
// pseudonym by now, the exposure under the last of them.
func Exposure(tx *ledger.Tx, pseudonym string) (wire.ExposureState, error) {
	for range wire.LongestSuccession {
		state, _, err := ledger.Load[wire.ExposureState](tx, wire.Exposure, wire.ExposureKey(pseudonym))
		if err != nil {
			return state, err
		}
		if state.Successor == "" {
			state.Pseudonym = pseudonym
			return state, nil
		}
		pseudonym = state.Successor
	}
	return wire.ExposureState{}, fault.In(fault.Internal, "successor")
}
