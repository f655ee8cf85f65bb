// Package books re-executes the ledger.
//
// It is fed with every transaction's writes in the order of the blocks and trusts none of them: each
// record's events are folded with the same Apply that the chaincode used and must give the state that
// was written; each receipt is allocated and divided again with the same Decide; each salt must follow
// from the one before; and after each transaction the books must hold:
//
//   - the trial balance is zero: what custodians hold is what the records owe, and nobody's cash is
//     below zero;
//   - every customer's available and held cash is what the postings say;
//   - what customers are owed is what loans, open payouts and returned payouts say together;
//   - a loan's clearing account is empty, its credits are what was paid;
//   - a bank entry is booked once.
//
// The auditor's command, the tests and every member use this one package. It reads no ledger, opens no
// connection, and never mends what it finds: it names the first thing that is wrong.
package books

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tallystick/tallystick/core/custody"
	"github.com/tallystick/tallystick/core/journal"
	"github.com/tallystick/tallystick/core/loan"
	"github.com/tallystick/tallystick/core/money"
	"github.com/tallystick/tallystick/core/regime"
	"github.com/tallystick/tallystick/core/wire"
)

// Write is one key that a transaction wrote. Collection is empty for public state.
type Write struct {
	Collection string
	Key        string
	Value      []byte
}

// Finding is the first thing that is wrong: in which transaction, at which key, and what.
type Finding struct {
	Transaction string
	Collection  string
	Key         string
	What        string
}

// Error names the place and what is wrong there.
func (f *Finding) Error() string {
	return fmt.Sprintf("transaction %s, %s %s: %s", f.Transaction, f.Collection, f.Key, f.What)
}

// Auditor is a re-execution in progress. The zero value is not usable; see New.
type Auditor struct {
	cash         journal.Book
	salts        map[string]saltAndSequence
	regimes      map[string]regime.Pack
	terms        map[string]loan.Terms
	fundings     map[string]loan.Funding
	loans        map[string]loan.State
	instructions map[string]custody.Instruction
	accounts     map[string]custody.Account
	suspended    map[string]custody.Suspense
	owed         map[journal.Account]money.Minor // what records say is owed, an account
	owedTotal    money.Minor
	cashHeld     money.Minor       // by all custodians, by the postings
	references   map[string]string // bank entry → the record that booked it
	summary      Summary

	// Of the transaction in hand.
	txID    string
	touched []journal.Account
}

type saltAndSequence struct {
	salt     string
	sequence int64
}

// New begins a re-execution from an empty ledger.
func New() *Auditor {
	return &Auditor{
		salts: map[string]saltAndSequence{}, regimes: map[string]regime.Pack{}, terms: map[string]loan.Terms{},
		fundings: map[string]loan.Funding{}, loans: map[string]loan.State{},
		instructions: map[string]custody.Instruction{}, accounts: map[string]custody.Account{},
		suspended: map[string]custody.Suspense{}, owed: map[journal.Account]money.Minor{},
		references: map[string]string{},
	}
}

// Transaction re-executes one valid transaction. Writes of keys that carry no value of the books, such
// as parties and remembered requests, are passed over. It answers a *Finding, or nil; after a finding
// the auditor must not be used again.
func (a *Auditor) Transaction(txID string, writes []Write) error {
	a.txID, a.touched = txID, nil
	ordered := slices.Clone(writes)
	slices.SortStableFunc(ordered, func(x, y Write) int { return stage(x.Key) - stage(y.Key) })
	for _, w := range ordered {
		if err := a.write(w); err != nil {
			return &Finding{txID, w.Collection, w.Key, err.Error()}
		}
	}
	if err := a.settle(); err != nil {
		return &Finding{txID, "", "books", err.Error()}
	}
	return nil
}

// kinds of keys that the books know, in the order in which one transaction's writes must be read: what
// a loan's record refers to comes before it.
var stages = []string{"regime/", "terms/", "funding/", "instruction/", "suspense/", "account/", "loan/"}

func stage(key string) int {
	return slices.IndexFunc(stages, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

func (a *Auditor) write(w Write) error {
	id := w.Collection + "/" + w.Key
	switch stage(w.Key) {
	case 0:
		return a.regime(w)
	case 1:
		return once(a.terms, id, w.Value)
	case 2:
		return once(a.fundings, id, w.Value)
	case 3:
		return fold(a, a.instructions, id, w.Value, custody.Instruction{}, a.instruction)
	case 4:
		return fold(a, a.suspended, id, w.Value, custody.Suspense{}, a.suspense)
	case 5:
		return fold(a, a.accounts, id, w.Value, custody.Account{Party: strings.TrimPrefix(w.Key, wire.AccountKey(""))}, a.account)
	case 6:
		return fold(a, a.loans, id, w.Value, loan.State{}, a.loan(w.Collection))
	}
	return nil
}

func (a *Auditor) regime(w Write) error {
	var record wire.Record[regime.Pack, regime.Event]
	if err := json.Unmarshal(w.Value, &record); err != nil {
		return fmt.Errorf("the regime cannot be read: %w", err)
	}
	a.regimes[record.State.ID] = record.State
	return nil
}

// once keeps a value that is written one time only.
func once[T any](kept map[string]T, id string, raw []byte) error {
	if _, exists := kept[id]; exists {
		return fmt.Errorf("what is written once was written again")
	}
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		return fmt.Errorf("the value cannot be read: %w", err)
	}
	kept[id] = value
	return nil
}

// fold checks a record's form and lets step fold each event; the state it ends with must be the one that
// was written, to the byte.
func fold[S, E any](a *Auditor, kept map[string]S, id string, raw []byte, fresh S, step func(before S, e E) (S, error)) error {
	var record wire.Record[S, E]
	if err := json.Unmarshal(raw, &record); err != nil {
		return fmt.Errorf("the record cannot be read: %w", err)
	}
	if err := a.follows(id, record.Version, record.Sequence, record.Salt); err != nil {
		return err
	}
	state, exists := kept[id]
	if !exists {
		state = fresh
	}
	for i, e := range record.Events {
		var err error
		if state, err = step(state, e); err != nil {
			return fmt.Errorf("event %d: %w", i+1, err)
		}
	}
	if err := same(state, record.State, "the events do not lead to the state that was written"); err != nil {
		return err
	}
	kept[id] = state
	return nil
}

// follows holds a record's sequence and salt against the version before it.
func (a *Auditor) follows(id string, version int, sequence int64, salt string) error {
	before := a.salts[id]
	switch {
	case version != wire.Version:
		return fmt.Errorf("the record has version %d", version)
	case sequence != before.sequence+1:
		return fmt.Errorf("sequence %d follows %d", sequence, before.sequence)
	case sequence > 1 && salt != wire.NextSalt(before.salt, a.txID):
		return fmt.Errorf("the salt does not follow from the one before")
	}
	a.salts[id] = saltAndSequence{salt, sequence}
	return nil
}

// same compares two values by the text that the ledger keeps of them.
func same(computed, written any, what string) error {
	c, err := wire.Encode(computed)
	if err != nil {
		return err
	}
	w, err := wire.Encode(written)
	if err != nil {
		return err
	}
	if !bytes.Equal(c, w) {
		return fmt.Errorf("%s", what)
	}
	return nil
}
