package fakeledger

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hyperledger/fabric-chaincode-go/v2/shim"
)

// Twin runs every proposal on two ledgers that share nothing but the proposal, and fails the test
// unless both give the same refusal, or the same response, event and write set byte by byte.
//
// The second ledger's chaincode is an instance of its own that runs with another wall clock (decades
// earlier), another time zone, another environment and, as every run of Go does, other map orders.
// A goroutine that it leaves behind fails the test. Because zone and environment belong to the
// process, a test with a Twin cannot be parallel; asking for both panics.
type Twin struct {
	t             *testing.T
	first, second *Ledger
	cc, otherCC   shim.Chaincode
	counterpart   map[*Transaction]*Transaction
}

// NewTwin opens both ledgers. The function is called once for each, so that no state in memory is
// shared.
func NewTwin(t *testing.T, config Config, chaincode func() shim.Chaincode) *Twin {
	t.Helper()
	t.Setenv("TZ", "UTC") // also guards against t.Parallel
	first := New(config)
	return &Twin{
		t:           t,
		first:       first,
		second:      open(config, first.identities),
		cc:          chaincode(),
		otherCC:     chaincode(),
		counterpart: map[*Transaction]*Transaction{},
	}
}

// Ledger is the first of the two, to assert on; commit through the Twin only.
func (w *Twin) Ledger() *Ledger { return w.first }

// Identity answers a client that both ledgers know.
func (w *Twin) Identity(member, role string) Identity { return w.first.Identity(member, role) }

// Endorse endorses on both ledgers and answers the first one's transaction.
func (w *Twin) Endorse(p Proposal) (*Transaction, error) {
	w.t.Helper()
	p, err := w.settled(p)
	if err != nil {
		return nil, err
	}
	tx, err := w.first.Endorse(w.cc, p)
	var other *Transaction
	var otherErr error
	w.elsewhere(func() { other, otherErr = w.second.Endorse(w.otherCC, p) })
	w.sameError(p, err, otherErr)
	if err != nil {
		return nil, err
	}
	if difference := tx.differs(other); difference != "" {
		w.t.Fatalf("%s is not deterministic: %s differs between two executions", p.Function, difference)
	}
	w.counterpart[tx] = other
	return tx, nil
}

// Evaluate evaluates on both ledgers and answers the first one's payload.
func (w *Twin) Evaluate(p Proposal) ([]byte, error) {
	w.t.Helper()
	p, err := w.settled(p)
	if err != nil {
		return nil, err
	}
	payload, err := w.first.Evaluate(w.cc, p)
	var other []byte
	var otherErr error
	w.elsewhere(func() { other, otherErr = w.second.Evaluate(w.otherCC, p) })
	w.sameError(p, err, otherErr)
	if string(payload) != string(other) {
		w.t.Fatalf("%s is not deterministic: the answer differs between two executions", p.Function)
	}
	return payload, err
}

// Commit commits the same block on both ledgers, which must come to the same verdicts.
func (w *Twin) Commit(txs ...*Transaction) []Verdict {
	w.t.Helper()
	others := make([]*Transaction, len(txs))
	for i, tx := range txs {
		others[i] = w.counterpart[tx]
	}
	verdicts := w.first.Commit(txs...)
	for i, verdict := range w.second.Commit(others...) {
		if verdict != verdicts[i] {
			w.t.Fatalf("transaction %d of the block is %s on one ledger and %s on the other", i, verdicts[i], verdict)
		}
	}
	return verdicts
}

// Submit endorses and commits on both ledgers, with the errors of Ledger.Submit.
func (w *Twin) Submit(p Proposal) (*Transaction, error) {
	w.t.Helper()
	tx, err := w.Endorse(p)
	if err != nil {
		return nil, err
	}
	if verdict := w.Commit(tx)[0]; verdict != Valid {
		return tx, &CommitError{TxID: tx.TxID, Verdict: verdict}
	}
	return tx, nil
}

// settled gives the proposal the id and time that both ledgers will use.
func (w *Twin) settled(p Proposal) (Proposal, error) {
	e, err := w.first.envelope(p)
	if err != nil {
		return p, err
	}
	p.TxID, p.Timestamp = e.txID, e.proposal.Timestamp
	return p, nil
}

func (w *Twin) sameError(p Proposal, first, second error) {
	w.t.Helper()
	if (first == nil) != (second == nil) || (first != nil && first.Error() != second.Error()) {
		w.t.Fatalf("%s is not deterministic: one execution answers error %v, the other %v", p.Function, first, second)
	}
}

// elsewhere runs the function under another clock, zone and environment. A synctest bubble's clock
// begins at midnight UTC, 1 January 2000.
func (w *Twin) elsewhere(run func()) {
	w.t.Helper()
	const nearlyADayAhead = 14 * 60 * 60
	zone := time.Local
	time.Local = time.FixedZone("Elsewhere", nearlyADayAhead)
	defer func() { time.Local = zone }()
	defer setEnvironment(map[string]string{
		"TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "HOSTNAME": "elsewhere",
	})()
	synctest.Test(w.t, func(*testing.T) { run() })
}

// setEnvironment sets variables and answers how to undo it.
func setEnvironment(variables map[string]string) (restore func()) {
	type former struct {
		name, value string
		present     bool
	}
	var formers []former
	for name, value := range variables {
		old, present := os.LookupEnv(name)
		formers = append(formers, former{name, old, present})
		_ = os.Setenv(name, value) // fails only for an empty or malformed name
	}
	return func() {
		for _, f := range formers {
			if f.present {
				_ = os.Setenv(f.name, f.value)
			} else {
				_ = os.Unsetenv(f.name)
			}
		}
	}
}
