package ledger_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/hyperledger/fabric-contract-api-go/v2/contractapi"

	"github.com/tallystick/tallystick/chaincode/ledger"
	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// forge writes any value under a public key, as a colluding pair of members could.
func forge[T any](key string, value T) func(contractapi.TransactionContextInterface) (string, error) {
	return func(ctx contractapi.TransactionContextInterface) (string, error) {
		return ledger.Run(ctx, openly, func(tx *ledger.Tx, _ move) error { return ledger.Put(tx, "", key, value) })
	}
}

// A defect ends the whole transaction, also in the mode each, and neither the client nor the log
// learns what value broke it.
func TestADefectTellsNothing(t *testing.T) {
	var log bytes.Buffer
	former := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(former) })

	const sentinel = "sentinel-31415926"
	causes := map[string]func(tx *ledger.Tx, m move) error{
		"an unknown error": func(*ledger.Tx, move) error { return fmt.Errorf("broken by %s", sentinel) },
		"a decoder that quotes": func(*ledger.Tx, move) error {
			var amount int
			return json.Unmarshal([]byte(`"`+sentinel+`"`), &amount)
		},
		"a record saved without an event": func(tx *ledger.Tx, m move) error {
			return ledger.Save(tx, tx.Collection, sentinel, purse{}, []moved{})
		},
		"a key under two types": func(tx *ledger.Tx, m move) error {
			return errors.Join(ledger.Put(tx, tx.Collection, sentinel, m), ledger.Save(tx, tx.Collection, sentinel, purse{}, []moved{{}}))
		},
		"a record with two types of events": func(tx *ledger.Tx, m move) error {
			return errors.Join(ledger.Save(tx, tx.Collection, sentinel, purse{}, []moved{{}}),
				ledger.Save(tx, tx.Collection, sentinel, purse{}, []move{{}}))
		},
		"a refusal that says internal": func(*ledger.Tx, move) error { return fault.New(fault.Internal) },
		"a value that cannot be encoded": func(tx *ledger.Tx, m move) error {
			return ledger.Put(tx, tx.Collection, sentinel, func() {})
		},
	}
	for name, cause := range causes {
		t.Run(name, func(t *testing.T) {
			n := founded(t, command(cause))
			r := request(n.handle(), pair, move{n.handle(), 1, sentinel})
			r.Mode = wire.Each
			log.Reset()
			n.mustRefuse(n.private(harbor, "machine", privately, r), fault.New(fault.Internal))
			if !strings.Contains(log.String(), privately) {
				t.Errorf("the operator was not told: %s", log.String())
			}
			if strings.Contains(log.String(), sentinel) {
				t.Errorf("the log quotes a value: %s", log.String())
			}
		})
	}
}

func TestAStoredValueOfAnotherVersionIsNotRead(t *testing.T) {
	chaincode := command(apply)
	n := founded(t, chaincode)
	chaincode[openly] = forge(wire.DayKey("meridian"), map[string]any{"version": 2, "state": custody.Day{}})
	n.mustSubmit(n.public(meridian, "machine", openly, request(n.handle(), "", move{"x", 1, ""})))
	chaincode[privately] = func(ctx contractapi.TransactionContextInterface) (string, error) {
		return ledger.Run(ctx, privately, func(tx *ledger.Tx, _ move) error {
			_, err := tx.BusinessDate()
			return err
		})
	}
	n.mustRefuse(n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""})),
		fault.New(fault.Internal))
}

func TestARegimeCountsOnlyAsTheRootListsIt(t *testing.T) {
	chaincode := command(apply)
	n := founded(t, chaincode)
	pack := regime.Pack{ID: "sandbox", Title: "Sandbox", Proposer: "authority"}
	digest, err := wire.PackDigest(pack)
	if err != nil {
		t.Fatal(err)
	}
	record := wire.Record[regime.Pack, regime.Event]{Version: wire.Version, Sequence: 1, State: pack}
	chaincode[privately] = func(ctx contractapi.TransactionContextInterface) (string, error) {
		return ledger.Run(ctx, privately, func(tx *ledger.Tx, _ move) error {
			_, err := tx.Regime("sandbox")
			return err
		})
	}
	ask := func() string {
		_, err := n.Endorse(n.private(harbor, "machine", privately, request(n.handle(), pair, move{n.handle(), 1, ""})))
		if err == nil {
			return ""
		}
		f, _ := fault.Decode(err.Error())
		return f.Encode()
	}
	write := func(forged func(contractapi.TransactionContextInterface) (string, error)) {
		chaincode[openly] = forged
		n.mustSubmit(n.public(meridian, "machine", openly, request(n.handle(), "", move{"x", 1, ""})))
	}
	unknown := fault.In(fault.RegimeUnknown, "regime").At(0).Encode()

	write(forge(wire.RegimeKey("sandbox"), record))
	if got := ask(); got != unknown {
		t.Fatalf("a pack that no root lists: %s", got)
	}
	write(forge(wire.RootRegimes, wire.Root{Version: wire.Version, Listed: []wire.Listed{{ID: "sandbox", Digest: digest}}}))
	if got := ask(); got != "" {
		t.Fatalf("a pack that the root lists: %s", got)
	}
	record.State.Approvals = []regime.Approval{{Member: "lantern"}}
	write(forge(wire.RegimeKey("sandbox"), record))
	if got := ask(); got != "" {
		t.Fatalf("an approval after the adoption: %s", got)
	}
	record.State.Rules.RateCapPPM = 990_000
	write(forge(wire.RegimeKey("sandbox"), record))
	if got := ask(); got != unknown {
		t.Fatalf("a pack that was altered beside the root: %s", got)
	}
}
