package main

import (
	"strings"
	"testing"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/evidence"
	"github.com/tallystick/tallystick/core/fault"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/wire"
	"github.com/tallystick/tallystick/gateway-app/ledger"
)

const pair = "harbor-meridian"

var profile = ledger.Profile{Member: "authority", Chaincode: "tallystick"}

// exposureRecord is one version of a borrower's exposure, by its events.
func exposureRecord(sequence int64, salt string, state wire.ExposureState, events ...wire.ExposureEvent) wire.Record[wire.ExposureState, wire.ExposureEvent] {
	return wire.Record[wire.ExposureState, wire.ExposureEvent]{Version: wire.Version, Sequence: sequence, Salt: salt, State: state, Events: events}
}

func write(t *testing.T, collection, key string, value any) ledger.PrivateWrite {
	t.Helper()
	raw, err := wire.Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	return ledger.PrivateWrite{Namespace: "tallystick", Collection: collection, Key: key, Value: raw}
}

// executed runs one transaction a block.
func executed(blocks ...ledger.Tx) error {
	e := newExecution(profile)
	for i, tx := range blocks {
		if err := e.block(ledger.Block{Number: uint64(i), Transactions: []ledger.Tx{tx}}); err != nil {
			return err
		}
	}
	return nil
}

func tx(id string, writes ...ledger.PrivateWrite) ledger.Tx {
	return ledger.Tx{ID: id, PrivateWrites: writes}
}

// Records that follow from their events pass, and the smallest thing wrong is named with its
// transaction.
func TestARecordMustFollowFromItsEvents(t *testing.T) {
	const key, p = "exposure/p", "p"
	reserve := func(loan string) wire.ExposureEvent {
		return wire.ExposureEvent{Kind: wire.ExposureReserved, Reservation: wire.Reservation{Loan: loan, AmountMinor: 100}}
	}
	first := wire.ExposureState{Pseudonym: p}.Apply(reserve("a"))
	second := first.Apply(reserve("b"))
	begin := tx("t1", write(t, wire.Exposure, key, exposureRecord(1, "s", first, reserve("a"))))
	next := func(sequence int64, salt string, state wire.ExposureState) ledger.Tx {
		return tx("t2", write(t, wire.Exposure, key, exposureRecord(sequence, salt, state, reserve("b"))))
	}
	salt := wire.NextSalt("s", "t2")
	if err := executed(begin, next(2, salt, second)); err != nil {
		t.Fatalf("a true history is refused: %v", err)
	}
	invalid := next(7, "", first)
	invalid.Code = 11
	if err := executed(begin, invalid, next(2, salt, second)); err != nil {
		t.Fatalf("an invalid transaction counts: %v", err)
	}
	unread := tx("t2")
	unread.Missing = []ledger.PrivateHash{{Collection: pair, KeyHash: "ff"}}
	deleted := write(t, wire.Exposure, key, nil)
	deleted.Delete = true
	for what, bad := range map[string]ledger.Tx{
		"do not lead to the state": next(2, salt, first),
		"sequence 3 follows 1":     next(3, salt, second),
		"salt does not follow":     next(2, "s", second),
		"lacks 1 private values":   unread,
		"nothing is ever deleted":  tx("t2", deleted),
		"decode exposure/p":        tx("t2", write(t, wire.Exposure, key, "no record")),
	} {
		err := executed(begin, bad)
		if err == nil || !strings.Contains(err.Error(), what) || !strings.Contains(err.Error(), "t2") {
			t.Errorf("%v, want %q", err, what)
		}
		if code := exitCode(err); code != fault.ExitVerified {
			t.Errorf("%s exits with %d", what, code)
		}
	}
}

// What the books refuse, the check refuses.
func TestTheBooksAreExecutedToo(t *testing.T) {
	account := custody.Account{Party: "p", AvailableMinor: 5}
	record := wire.Record[custody.Account, custody.AccountEvent]{Version: wire.Version, Sequence: 1, Salt: "s", State: account, Events: []custody.AccountEvent{}}
	err := executed(tx("t1", write(t, pair, wire.AccountKey("p"), record)))
	if exitCode(err) != fault.ExitVerified || !strings.Contains(err.Error(), "t1") {
		t.Errorf("cash from nowhere: %v", err)
	}
}

// A log is rebuilt from the entries alone, and each log keeps its own.
func TestLogsAreRebuiltFromEntries(t *testing.T) {
	var logs memberLogs
	var trees [2]*evidence.Tree
	for i, member := range []string{"harbor", "lantern"} {
		entry := evidence.Entry{Digest: strings.Repeat(string("ab"[i]), 64), Phase: evidence.PhaseOther, MediaType: "text/plain"}
		trees[i] = evidence.NewTree([]evidence.Hash{entry.LeafHash()})
		record := wire.Record[evidence.LogState, evidence.Event]{
			State:  evidence.LogState{Member: member},
			Events: []evidence.Event{{Kind: evidence.Appended, Member: member, Entries: []evidence.Entry{entry}}},
		}
		w := write(t, "", wire.EvidenceLogKey(member), record)
		if err := logs.see(ledger.Change{TxID: member, Key: w.Key, Value: w.Value}); err != nil {
			t.Fatal(err)
		}
	}
	for i, member := range []string{"harbor", "lantern"} {
		log, at, ok := logs.holding(strings.Repeat(string("ab"[i]), 64), "")
		if !ok || log.member != member || at != 0 {
			t.Fatalf("found %+v, %d, %v", log, at, ok)
		}
		got, err := log.tree.Root(1)
		want, _ := trees[i].Root(1)
		if err != nil || got != want {
			t.Errorf("root %s, %v, want %s", got, err, want)
		}
	}
	if _, _, ok := logs.holding(strings.Repeat("a", 64), "lantern"); ok {
		t.Error("a digest was found in another member's log")
	}
}

func TestAThingIsFoundByTheBeginningOfItsHandle(t *testing.T) {
	r := &replayed{latest: map[place]ledger.Change{}}
	one, two := strings.Repeat("1", 32), strings.Repeat("1", 31)+"2"
	for _, at := range []place{{pair, loans + one}, {"lantern-meridian", loans + two}, {pair, parties + one}} {
		r.fold(ledger.Change{Collection: at.collection, Key: at.key})
	}
	for named, want := range map[string]place{
		one: {pair, loans + one}, two: {"lantern-meridian", loans + two},
		wire.LoanID("lending", "harbor", one): {pair, loans + one},
	} {
		if at, err := r.find("loan", loans, named); err != nil || at != want {
			t.Errorf("%s finds %v, %v", named, at, err)
		}
	}
	if _, err := r.find("loan", loans, "1111"); exitCode(err) != fault.ExitUsage {
		t.Errorf("two loans answer %v", err)
	}
	for _, named := range []string{"", "2", wire.LoanID("lending", "lantern", one)} {
		if _, err := r.find("loan", loans, named); exitCode(err) != fault.ExitError {
			t.Errorf("%q answers %v", named, err)
		}
	}
}

func TestEveryFormSaysTheSame(t *testing.T) {
	value := []map[string]any{{"loan": "a", "amount_minor": 1}}
	rows := sheet{columns: []string{"loan", "amount"}, numbers: []string{"amount"}}
	rows.add("a", "0.01")
	rows.add("bb", "10.00")
	for format, want := range map[string]string{
		"table": "LOAN  AMOUNT\na       0.01\nbb     10.00\n",
		"csv":   "loan,amount\na,0.01\nbb,10.00\n",
		"json":  "[\n  {\n    \"amount_minor\": 1,\n    \"loan\": \"a\"\n  }\n]\n",
		"yaml":  "- amount_minor: 1\n  loan: a\n",
	} {
		var out strings.Builder
		s := &session{format: format, out: &out}
		if err := s.print(value, rows); err != nil || out.String() != want {
			t.Errorf("%s prints %q, %v, want %q", format, out.String(), err, want)
		}
	}
}

func TestRatesAreReadable(t *testing.T) {
	for rate, want := range map[money.PPM]string{240_000: "24 %", 42_450: "4.245 %", 0: "0 %", 1: "0.0001 %"} {
		if got := percent(rate); got != want {
			t.Errorf("%d reads %q, want %q", rate, got, want)
		}
	}
}
