package lane

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tallystick/tallystick/core/wire"
)

// Lanes names the outbox's lanes that a batch goes through: the lane's own, and those of the records that
// its items change, so that it meets no other command about them on the ledger.
type Lanes func(b Batch) ([]string, error)

// Through names a lane of its own, in which % stands for the batch's collection, and beside it the lanes of
// each item's records.
func Through[T any](own string, records func(item T) []string) Lanes {
	return func(b Batch) ([]string, error) {
		lanes := []string{strings.Replace(own, "%", b.Collection, 1)}
		for i, raw := range b.Items {
			var item T
			if err := json.Unmarshal(raw, &item); err != nil {
				return nil, fmt.Errorf("read item %d of batch %d: %w", i+1, b.Number, err)
			}
			lanes = append(lanes, records(item)...)
		}
		return lanes, nil
	}
}

// Loan is the lane of a loan. What a payer wrote may be no loan's id, and is not kept as a lane.
func Loan(id string) []string {
	if _, _, _, ok := wire.SplitLoanID(id); !ok {
		return nil
	}
	return []string{id}
}

// Party is the lane of a party's record.
func Party(handle string) []string { return ofHandle("party/", handle) }

// Mandate is the lane of a mandate.
func Mandate(handle string) []string { return ofHandle("mandate/", handle) }

// Account is the lane of a party's cash.
func Account(handle string) []string { return ofHandle("account/", handle) }

// Instruction is the lane of an instruction to the custodian.
func Instruction(handle string) []string { return ofHandle("instruction/", handle) }

// Suspense is the lane of a suspended receipt.
func Suspense(handle string) []string { return ofHandle("suspense/", handle) }

func ofHandle(kind, handle string) []string {
	if !wire.IsHandle(handle) {
		return nil
	}
	return []string{kind + handle}
}
