package loan

import (
	"encoding/json"
	"fmt"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/chaincode/records"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

// view is wire.LoanView with its values as the ledger keeps them, byte for byte.
type view struct {
	Terms   json.RawMessage `json:"terms"`
	Funding json.RawMessage `json:"funding,omitempty"`
	Record  json.RawMessage `json:"record"`
}

// views answers loans by id or handle, null for what is not there.
func views(tx *ledger.Tx, items []string) ([]json.RawMessage, error) {
	if len(items) == 0 {
		return nil, fault.New(fault.BatchEmpty)
	}
	handles := make([]string, len(items))
	keys := make([]string, 0, 3*len(items))
	for i, item := range items {
		handle, ok := records.Handle(tx, item)
		switch {
		case !ok && wire.IsHandle(item):
			handle = item
		case !ok:
			return nil, fault.In(fault.InvalidField, fmt.Sprintf("items[%d]", i))
		}
		handles[i] = handle
		keys = append(keys, wire.LoanKey(handle), wire.TermsKey(handle), wire.FundingKey(handle))
	}
	if err := tx.Prefetch(tx.Collection, keys...); err != nil {
		return nil, err
	}
	answers := make([]json.RawMessage, len(items))
	for i, handle := range handles {
		var err error
		if answers[i], err = viewOf(tx, handle); err != nil {
			return nil, err
		}
	}
	return answers, nil
}

func viewOf(tx *ledger.Tx, handle string) (json.RawMessage, error) {
	var v view
	for _, part := range []struct {
		key string
		raw *json.RawMessage
	}{
		{wire.LoanKey(handle), &v.Record}, {wire.TermsKey(handle), &v.Terms}, {wire.FundingKey(handle), &v.Funding},
	} {
		raw, err := tx.Raw(tx.Collection, part.key)
		if err != nil {
			return nil, err
		}
		*part.raw = raw
	}
	if v.Record == nil {
		return json.RawMessage("null"), nil
	}
	return wire.Encode(v)
}
