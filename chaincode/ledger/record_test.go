package ledger_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/wire"
)

func TestARecordHasOneVersionATransaction(t *testing.T) {
	n := founded(t, command(apply))
	mine, id := n.handle(), n.handle()
	n.mustSubmit(n.private(harbor, "machine", privately, request(id, pair,
		move{mine, 100, "first"}, move{mine, 20, "second"})))
	got := n.stored(mine)
	want := &wire.Record[purse, moved]{
		Version: wire.Version, Sequence: 1, Salt: got.Salt,
		State:  purse{BalanceMinor: 120, Notes: []string{"first", "second"}},
		Events: []moved{{100, "first"}, {20, "second"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if !wire.IsDigest(got.Salt) {
		t.Fatalf("the first salt is %q", got.Salt)
	}
	again := request(n.handle(), pair, move{mine, 1, ""})
	tx, _ := n.mustSubmit(n.private(harbor, "machine", privately, again))
	next := n.stored(mine)
	if next.Sequence != 2 || next.Salt != wire.NextSalt(got.Salt, tx.TxID) || len(next.Events) != 1 {
		t.Fatalf("the second version is %+v", next)
	}
}

// Two records that are equal in all that the client knows must not show it by their hashes.
func TestEqualRecordsHaveUnequalSalts(t *testing.T) {
	n := founded(t, command(apply))
	one, other := n.handle(), n.handle()
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{one, 5, ""}, move{other, 5, ""})))
	if n.stored(one).Salt == n.stored(other).Salt {
		t.Fatal("two records of one transaction have one salt")
	}
}

func TestARefusedItemLeavesNoTrace(t *testing.T) {
	n := founded(t, command(apply))
	rich, poor := n.handle(), n.handle()
	r := request(n.handle(), pair, move{rich, 10, "kept"}, move{rich, -50, "refused"}, move{poor, -1, "refused"}, move{rich, 2, "kept"})
	r.Mode = wire.Each
	_, answer := n.mustSubmit(n.private(harbor, "machine", privately, r))
	want := wire.Answer{Version: wire.Version, Applied: 2, Refused: []*fault.Fault{
		fault.In(fault.InsufficientFunds, "amount_minor").At(1), fault.In(fault.InsufficientFunds, "amount_minor").At(2),
	}}
	if !reflect.DeepEqual(answer, want) {
		t.Fatalf("answered %+v, want %+v", answer, want)
	}
	got := n.stored(rich)
	if got.State.BalanceMinor != 12 || !reflect.DeepEqual(got.Events, []moved{{10, "kept"}, {2, "kept"}}) {
		t.Fatalf("the record is %+v", got)
	}
	if n.stored(poor) != nil {
		t.Fatal("a refused item created its record")
	}
}

func TestAnAtomicBatchIsRefusedWhole(t *testing.T) {
	n := founded(t, command(apply))
	mine := n.handle()
	n.mustRefuse(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, 10, ""}, move{mine, -50, ""})),
		fault.In(fault.InsufficientFunds, "amount_minor").At(1))
}

func TestABatchOfWhichNothingWasAppliedIsRefused(t *testing.T) {
	n := founded(t, command(apply))
	r := request(n.handle(), pair, move{n.handle(), -1, ""}, move{n.handle(), -2, ""})
	r.Mode = wire.Each
	n.mustRefuse(n.private(harbor, "machine", privately, r), fault.In(fault.InsufficientFunds, "amount_minor").At(0))
}

func TestAContractMayTryAndTakeBack(t *testing.T) {
	n := founded(t, command(func(tx *ledger.Tx, m move) error {
		mark := tx.Mark()
		if err := apply(tx, m); err != nil {
			tx.Rollback(mark)
			return apply(tx, move{m.Purse, 1, "instead"})
		}
		return nil
	}))
	mine := n.handle()
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, -9, "tried"})))
	if got := n.stored(mine); !reflect.DeepEqual(got.Events, []moved{{1, "instead"}}) {
		t.Fatalf("the record is %+v", got)
	}
}

func TestAValueThatDidNotChangeIsNotWritten(t *testing.T) {
	type note struct {
		Text string `json:"text"`
	}
	n := founded(t, command(func(tx *ledger.Tx, m move) error {
		return ledger.Put(tx, tx.Collection, purseKey(m.Purse), note{m.Note})
	}))
	mine := n.handle()
	for _, c := range []struct {
		text   string
		writes int // beside what is remembered of the request
	}{{"a", 1}, {"a", 0}, {"b", 1}} {
		tx, _ := n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, 0, c.text})))
		if got := len(tx.Private()[0].Writes) - 1; got != c.writes {
			t.Fatalf("putting %q wrote %d values, want %d", c.text, got, c.writes)
		}
	}
}

func TestATransactionReadsEachKeyOnce(t *testing.T) {
	var hits []string
	n := founded(t, functions{
		"Consortium:Bootstrap": bootstrap,
		privately: func(ctx contractapi.TransactionContextInterface) (string, error) {
			return ledger.Command[move]{
				Name: privately,
				Prepare: func(tx *ledger.Tx, items []move) error {
					return tx.Prefetch(tx.Collection, purseKey(items[0].Purse), purseKey(items[0].Purse))
				},
				Apply: func(tx *ledger.Tx, m move) error {
					hash, err := tx.PrivateHash(tx.Collection, purseKey(m.Purse))
					raw, rawErr := tx.Raw(tx.Collection, purseKey(m.Purse))
					hits = append(hits, hash, string(raw))
					return errors.Join(err, rawErr, apply(tx, m))
				},
			}.Run(ctx)
		},
	})
	mine := n.handle()
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, 1, ""})))
	if hits[0] != "" || hits[1] != "" {
		t.Fatal("a key that does not exist has a value or a hash")
	}
	committed := n.Ledger().Private(pair, purseKey(mine))
	hits = nil
	n.mustSubmit(n.private(harbor, "machine", privately, request(n.handle(), pair, move{mine, 1, ""}, move{mine, 1, ""})))
	for i := 0; i < len(hits); i += 2 {
		if hits[i] != wire.Digest(committed) || hits[i+1] != string(committed) {
			t.Fatal("hash and bytes must be the committed ones, whatever this transaction staged")
		}
	}
}
