package ledger_test

import (
	"fmt"
	"testing"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/fakeledger"
	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/wire"
)

// BenchmarkCommand runs batches in which every item reads and writes one private record, as a batch
// of receipts does, and reports what the runner itself takes an item.
func BenchmarkCommand(b *testing.B) {
	for _, items := range []int{1, 200, 500} {
		b.Run(fmt.Sprintf("%d items", items), func(b *testing.B) {
			l := fakeledger.New(config())
			chaincode := functions{"Consortium:Bootstrap": bootstrap, privately: prefetched}
			must := func(_ *fakeledger.Transaction, err error) {
				if err != nil {
					b.Fatal(err)
				}
			}
			founding := request(wire.DerivedHandle("founding"), "", founders...)
			must(l.Submit(chaincode, fakeledger.Proposal{
				Creator: l.Identity(authority, "admin"), Function: "Consortium:Bootstrap",
				Endorsers: []string{meridian, authority}, Args: []string{string(encoded(b, founding))},
			}))
			batch := make([]move, items)
			for i := range batch {
				batch[i] = move{wire.DerivedHandle("purse", fmt.Sprint(i)), 100, "a note of the usual length, as events have"}
			}
			b.ResetTimer()
			for i := range b.N {
				r := request(wire.DerivedHandle("request", fmt.Sprint(i)), pair, batch...)
				must(l.Endorse(chaincode, fakeledger.Proposal{
					Creator: l.Identity(harbor, "machine"), Function: privately, Endorsers: []string{meridian},
					Transient: map[string][]byte{wire.TransientRequest: encoded(b, r)},
				}))
			}
			b.ReportMetric(float64(b.N*items)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

func prefetched(ctx contractapi.TransactionContextInterface) (string, error) {
	return ledger.Command[move]{
		Name: privately,
		Prepare: func(tx *ledger.Tx, items []move) error {
			keys := make([]string, len(items))
			for i, m := range items {
				keys[i] = purseKey(m.Purse)
			}
			return tx.Prefetch(tx.Collection, keys...)
		},
		Apply: apply,
	}.Run(ctx)
}
