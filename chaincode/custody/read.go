package custody

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// folders are the kinds of records that Read answers; the custodian's secret is none of them.
var folders = []func(handle string) string{wire.InstructionKey, wire.AccountKey, wire.SuspenseKey}

func read(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
	if len(items) == 0 {
		return nil, fault.New(fault.BatchEmpty)
	}
	keys := make([]string, len(items))
	for i, item := range items {
		key, ok := keyOf(item)
		if !ok {
			return nil, fault.In(fault.InvalidField, fmt.Sprintf("items[%d]", i))
		}
		keys[i] = key
	}
	return tx.Records(keys...)
}

// keyOf finds the key that an item names: a bare handle is an instruction's.
func keyOf(item string) (string, bool) {
	handle := item[strings.LastIndexByte(item, '/')+1:]
	if !wire.IsHandle(handle) {
		return "", false
	}
	if handle == item {
		return wire.InstructionKey(handle), true
	}
	for _, folder := range folders {
		if key := folder(handle); key == item {
			return key, true
		}
	}
	return "", false
}
