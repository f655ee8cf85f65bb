package consortium

import (
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/party"
	"github.com/tallystick/tallystick/core/wire"
)

// guard has keys wait for the regulator's endorsement and any one other member's.
func guard(tx *ledger.Tx, members []wire.Member, keys ...string) error {
	var regulator string
	for _, m := range members {
		if m.Kind == party.Regulator {
			regulator = m.ID
		}
	}
	for _, key := range keys {
		if err := tx.Guard(key, regulator, members); err != nil {
			return err
		}
	}
	return nil
}

// guardMembers guards both root keys and the entry of every member. Guarding them all anew lets a newcomer
// be the second endorser.
func guardMembers(tx *ledger.Tx, members []wire.Member) error {
	keys := []string{wire.RootMembers, wire.RootRegimes}
	for _, m := range members {
		keys = append(keys, wire.MemberKey(m.ID))
	}
	return guard(tx, members, keys...)
}
